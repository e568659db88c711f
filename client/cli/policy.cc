#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "client/cli/commands.h"
#include "client/cli/file_argument.h"
#include "client/cli/limit.h"
#include "client/cli/pages.h"
#include "client/cli/policy_commands.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/files/policy_file.h"
#include "client/files/policy_places.h"
#include "leasehold/v1/policy.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::PolicyService::Stub;
constexpr uint64_t kDefaultLimit = 100;

absl::StatusOr<uint64_t> RevisionFlag(const Arguments& args, std::string_view flag) {
  const auto text = args.Get(flag);
  if (!text.has_value()) return 0;
  uint64_t revision = 0;
  if (absl::SimpleAtoi(*text, &revision) && revision > 0) return revision;
  return UsageError(StrCat("--", flag, " '", *text, "' is no revision"),
                    "`leasehold policy list` shows them");
}

// "+ name", "~ name  keys", "- name", a line each, and what came of it.
std::string DiffText(const Console& console, const v1::ApplyPoliciesResponse& response,
                     bool dry_run) {
  std::string text;
  for (const std::string& name : response.added()) {
    StrAppend(&text, console.Green(StrCat("+ ", name)), "\n");
  }
  for (const v1::ChangedPolicy& changed : response.changed_policies()) {
    StrAppend(&text, console.Yellow(StrCat("~ ", changed.policy())), "  ");
    for (int i = 0; i < changed.keys_size(); ++i) {
      StrAppend(&text, i == 0 ? "" : ", ", changed.keys(i));
    }
    StrAppend(&text, "\n");
  }
  for (const std::string& name : response.removed()) {
    StrAppend(&text, console.Red(StrCat("- ", name)), "\n");
  }
  const bool same = text.empty();
  if (dry_run) {
    return StrCat(text, same ? "nothing would change" : "nothing was changed yet", "; revision ",
                  response.revision(), " is in force\n");
  }
  return StrCat(text, same ? "nothing changed; " : "", "revision ", response.revision(),
                " is in force\n");
}

// The server's advice in the words of the command line: a flag, and as the hint.
absl::Status InFlags(const absl::Status& error) {
  const std::string_view message = ToStd(error.message());
  constexpr std::string_view kAdvice = "; apply with prune if that is meant";
  const size_t advice = message.find(kAdvice);
  if (advice == std::string_view::npos) return error;
  return WithHint(Error(ReasonOf(error),
                        StrCat(message.substr(0, advice), message.substr(advice + kAdvice.size()))),
                  "--prune lets policies go that the files do not have");
}

// "FILE:LINE:COL: policy NAME: KEY: what is odd about it", a line each.
void Warn(Console& console, const PolicyPlaces& places, const v1::ApplyPoliciesResponse& response) {
  for (const v1::PolicyWarning& warning : response.warnings()) {
    console.Warn(StrCat(places.Find(warning.position(), warning.key()), ": policy ",
                        warning.policy(), ": ", warning.key(), ": ", warning.message()));
  }
  if (response.warnings_left_out() > 0) {
    console.Warn(StrCat("and ", response.warnings_left_out(), " more"));
  }
}

absl::StatusOr<ExitStatus> Apply(Session& session) {
  v1::ApplyPoliciesRequest request;
  PolicyPlaces places;
  for (const std::string& path : session.args().All("file")) {
    ASSIGN_OR_RETURN(const v1::PolicySet set, ReadPolicies(session, path, &places));
    request.mutable_policy_set()->MergeFrom(set);
  }
  ASSIGN_OR_RETURN(const uint64_t base, RevisionFlag(session.args(), "base-revision"));
  request.set_base_revision(base);
  request.set_prune(session.args().Has("prune"));
  request.set_validate_only(session.args().Has("dry-run"));
  const auto response = session.Call(&Stub::ApplyPolicies, request);
  if (!response.ok()) return InFlags(response.status());
  Warn(session.console(), places, *response);
  session.console().Answer(MessageJson(*response),
                           DiffText(session.console(), *response, request.validate_only()));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Show(Session& session) {
  v1::GetPolicySetRequest request;
  ASSIGN_OR_RETURN(const uint64_t revision, RevisionFlag(session.args(), "revision"));
  request.set_revision(revision);
  ASSIGN_OR_RETURN(const v1::PolicySetRevision set, session.Call(&Stub::GetPolicySet, request));
  session.console().Answer(
      MessageJson(set),
      StrCat("# revision ", set.revision(), ", in force since ", TimeCell(set.create_time()),
             ", applied by ", set.actor(), "\n", DumpPolicySet(set.policy_set())));
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> List(Session& session) {
  ASSIGN_OR_RETURN(const uint64_t limit, ParseLimit(session.args(), kDefaultLimit));
  ASSIGN_OR_RETURN(const auto revisions,
                   ListAll(session, &Stub::ListRevisions, v1::ListRevisionsRequest(),
                           &v1::ListRevisionsResponse::revisions, limit));
  Table table({"REVISION", "APPLIED", "BY", "ENTRY"});
  Json list = Json::Array();
  for (const v1::PolicySetRevision& revision : revisions.items) {
    table.Add({StrCat(revision.revision()), TimeCell(revision.create_time()), revision.actor(),
               StrCat(revision.index())});
    list.Append(MessageJson(revision));
  }
  session.console().Answer(Json::Object().Set("revisions", std::move(list)), table.ToText());
  if (revisions.more) session.console().Note("there may be older ones; --limit 0 lists all");
  return ExitStatus::kOk;
}

Command ApplyCommand() {
  return {
      .name = "apply",
      .summary = "put policy files in force",
      .details =
          "The files together are the whole set. Prints what is new (+), differs (~, with the keys "
          "that\ndo) and goes (-), and warns of what is probably a mistake: names of nothing, "
          "rules "
          "that never\nmatch, policies that others deny whole.\n"
          "Policies that are in force and in none of the files are kept from being lost by "
          "accident:\nthe set is refused unless --prune says that they shall go.",
      .flags = {{.name = "file",
                 .value = "FILE",
                 .help = "policies as YAML, - for the standard input",
                 .letter = 'f',
                 .repeats = true,
                 .required = true},
                {.name = "dry-run", .help = "check and compare; change nothing"},
                {.name = "prune", .help = "let policies go that the files do not have"},
                {.name = "base-revision",
                 .value = "N",
                 .help = "only if this revision is in force"}},
      .examples =
          {"printf '{version: 1, policies: [{name: demo, subjects: {agents: [demo-bot]}, secrets: "
           "[\"demo/**\"], lease: {max_ttl: 1h, delivery: revealed}, allow: [{target: demo}]}]}' > "
           "policies.yaml",
           "leasehold policy apply -f policies.yaml --dry-run",
           "leasehold policy apply -f policies.yaml"},
      .run = Apply,
      .surplus_hint = "files are named with -f: leasehold policy apply -f FILE",
  };
}

}  // namespace

Command PolicyCommand() {
  return {
      .name = "policy",
      .summary = "say who may lease what, and what each use may do",
      .examples = {"leasehold policy show"},
      .commands = {ApplyCommand(),
                   {.name = "show",
                    .summary = "show the set in force, as a file that can be applied",
                    .flags = {{.name = "revision", .value = "N", .help = "an earlier set"}},
                    .examples = {"leasehold policy show",
                                 "leasehold policy show --revision 1 > policies-1.yaml"},
                    .run = Show},
                   {.name = "list",
                    .summary = "list revisions, newest first",
                    .flags = {LimitFlag(kDefaultLimit)},
                    .examples = {"leasehold policy list"},
                    .run = List},
                   PolicyTestCommand(),
                   PolicyExplainCommand(),
                   PolicyReplayCommand(),
                   PolicySuggestCommand()},
  };
}

}  // namespace leasehold
