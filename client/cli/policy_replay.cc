#include <string>
#include <utility>

#include "client/cli/counted.h"
#include "client/cli/file_argument.h"
#include "client/cli/policy_commands.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/cli/time_argument.h"
#include "leasehold/v1/policy.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::PolicyService::Stub;

Table ChangeTable(const v1::ReplayPoliciesResponse& answer) {
  Table table({"WOULD-BE", "COUNT", "AGENT", "SECRET", "WORKFLOW", "DESTINATION", "ACTION", "BY",
               "FIRST", "LAST"});
  for (const v1::ReplayChange& change : answer.changes()) {
    table.Add({change.was_allowed() ? "denied" : "allowed", StrCat(change.count()),
               ShortName(change.agent()), ShortName(change.secret()), ShortName(change.workflow()),
               change.destination(), change.action().empty() ? "-" : change.action(),
               change.policy().empty() ? "-" : change.policy(), StrCat(change.first_index()),
               StrCat(change.last_index())});
  }
  return table;
}

std::string Summary(const v1::ReplayPoliciesResponse& answer) {
  std::string text =
      StrCat(Counted(answer.decisions(), "decision"), " replayed: ", answer.unchanged(),
             " as before, ", answer.newly_denied(), " would be denied, ", answer.newly_allowed(),
             " would be allowed, ", answer.undecidable(), " undecidable\n");
  if (answer.changes_left_out() > 0) {
    StrAppend(&text, answer.changes_left_out(), " more changes are not shown\n");
  }
  return text;
}

absl::StatusOr<ExitStatus> Replay(Session& session) {
  v1::ReplayPoliciesRequest request;
  request.mutable_policy_set();
  for (const std::string& path : session.args().All("file")) {
    ASSIGN_OR_RETURN(const v1::PolicySet set, ReadPolicies(session, path));
    request.mutable_policy_set()->MergeFrom(set);
  }
  if (const auto since = session.args().Get("since")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParsePast(*since, "since", absl::Now()));
    *request.mutable_start_time() = TimestampOf(time);
  }
  if (const auto until = session.args().Get("until")) {
    ASSIGN_OR_RETURN(const absl::Time time, ParsePast(*until, "until", absl::Now()));
    *request.mutable_end_time() = TimestampOf(time);
  }
  ASSIGN_OR_RETURN(const v1::ReplayPoliciesResponse answer,
                   session.Call(&Stub::ReplayPolicies, request));
  session.console().Answer(
      MessageJson(answer),
      StrCat(answer.changes().empty() ? std::string() : ChangeTable(answer).ToText(),
             Summary(answer)));
  if (answer.undecidable() > 0) {
    session.console().Note(
        "undecidable is what the ledger does not tell enough about, such as paths that it holds as "
        "a pattern; limits are not replayed");
  }
  return ExitStatus::kOk;
}

}  // namespace

Command PolicyReplayCommand() {
  return {
      .name = "replay",
      .summary = "show what policies would have decided otherwise",
      .details =
          "Runs the decisions of the ledger (uses, reveals, leases issued) against the files and\n"
          "lists what would change. What the ledger does not tell enough about is counted as\n"
          "undecidable. Limits, max_active and holds are not replayed.",
      .flags = {{.name = "file",
                 .value = "FILE",
                 .help = "the proposed policies, - for the standard input",
                 .letter = 'f',
                 .repeats = true,
                 .required = true},
                {.name = "since", .value = "TIME", .help = "decisions since then; default: all"},
                {.name = "until", .value = "TIME", .help = "decisions before then"}},
      .examples = {"leasehold policy show > proposed.yaml",
                   "leasehold policy replay -f proposed.yaml --since 30d"},
      .run = Replay,
      .surplus_hint = "files are named with -f: leasehold policy replay -f FILE",
  };
}

}  // namespace leasehold
