#include <string>
#include <utility>
#include <vector>

#include "client/cli/commands.h"
#include "client/cli/file_argument.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/target_flags.h"
#include "client/cli/terminal/cli_error.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "client/files/duration_text.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::IdentityService::Stub;

std::string Joined(const google::protobuf::RepeatedPtrField<std::string>& texts) {
  std::string joined;
  for (const std::string& text : texts) StrAppend(&joined, joined.empty() ? "" : ",", text);
  return joined;
}

std::string InjectionText(const v1::Injection& injection) {
  if (injection.has_header()) {
    return StrCat("header ", injection.header().name(), ": ", injection.header().template_());
  }
  return injection.has_basic() ? "basic authentication" : "-";
}

absl::StatusOr<v1::Target> GetTarget(Session& session, const std::string& name) {
  v1::GetTargetRequest request;
  request.set_name(name);
  auto target = session.Call(&Stub::GetTarget, request);
  if (!target.ok()) return WithNearName(session, target.status(), "targets/", name);
  return target;
}

absl::StatusOr<std::vector<v1::Target>> TargetsTyped(Session& session) {
  const Arguments& args = session.args();
  if (const auto path = args.Get("file")) {
    if (!args.positionals().empty()) {
      return UsageError("NAME and -f FILE cannot stand together", "the file has the names");
    }
    return ReadTargets(session, *path);
  }
  if (args.positionals().empty()) {
    return UsageError("`leasehold target create` needs NAME or -f FILE",
                      "see `leasehold target create --help`");
  }
  ASSIGN_OR_RETURN(const std::string name, ResourceName("targets/", args.positionals()[0]));
  ASSIGN_OR_RETURN(v1::Target target, TargetFromFlags(args, name));
  return std::vector<v1::Target>{std::move(target)};
}

// Creates the target, or with --replace makes one that is there the same.
absl::StatusOr<v1::Target> CreateOrReplace(Session& session, const v1::Target& target,
                                           std::string* what_happened) {
  v1::CreateTargetRequest create;
  *create.mutable_target() = target;
  *what_happened = "created";
  auto created = session.Call(&Stub::CreateTarget, create);
  if (created.ok() || ReasonOf(created.status()) != Reason::kAlreadyExists) return created;
  if (!session.args().Has("replace")) {
    return WithHint(created.status(), "--replace makes it what is described here");
  }
  v1::UpdateTargetRequest update;
  *update.mutable_target() = target;
  *what_happened = "replaced";
  return session.Call(&Stub::UpdateTarget, update);
}

absl::StatusOr<ExitStatus> Create(Session& session) {
  ASSIGN_OR_RETURN(const std::vector<v1::Target> targets, TargetsTyped(session));
  Json list = Json::Array();
  std::string human;
  for (const v1::Target& target : targets) {
    std::string what_happened;
    const auto result = CreateOrReplace(session, target, &what_happened);
    if (!result.ok()) {
      // Those before this one are there, and say so.
      if (!human.empty()) {
        session.console().Answer(Json::Object().Set("targets", std::move(list)), human);
      }
      return result.status();
    }
    list.Append(MessageJson(*result));
    StrAppend(&human, result->name(), ": ", what_happened, "\n");
  }
  session.console().Answer(Json::Object().Set("targets", std::move(list)), human);
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> List(Session& session) {
  ASSIGN_OR_RETURN(const auto targets,
                   ListAll(session, &Stub::ListTargets, v1::ListTargetsRequest(),
                           &v1::ListTargetsResponse::targets));
  Table table({"TARGET", "URL", "SECRETS", "INJECTS"});
  Json list = Json::Array();
  for (const v1::Target& target : targets.items) {
    table.Add({ShortName(target.name()), target.base_url(), Joined(target.secrets()),
               InjectionText(target.injection())});
    list.Append(MessageJson(target));
  }
  session.console().Answer(Json::Object().Set("targets", std::move(list)), table.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Show(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("targets/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const v1::Target target, GetTarget(session, name));
  Facts facts;
  facts.Add("target", target.name());
  facts.Add("description", target.description());
  facts.Add("url", target.base_url());
  facts.Add("secrets", Joined(target.secrets()));
  facts.Add("injects", InjectionText(target.injection()));
  facts.Add("reads",
            target.read().methods().empty() ? "GET,HEAD,OPTIONS" : Joined(target.read().methods()));
  facts.Add("read paths", Joined(target.read().paths()));
  facts.Add("read tools", Joined(target.read().tools()));
  facts.Add("records", target.record() == v1::RECORD_MODE_PATH ? "paths" : "rules' patterns");
  facts.Add("may lie in", Joined(target.allow_cidrs()));
  if (target.has_timeout()) {
    facts.Add("timeout", DurationText(absl::Seconds(target.timeout().seconds()) +
                                      absl::Nanoseconds(target.timeout().nanos())));
  }
  facts.Add("trusts", target.ca_pem().empty() ? "" : "its own certificates");
  facts.Add("created", TimeCell(target.create_time()));
  session.console().Answer(MessageJson(target), facts.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Delete(Session& session) {
  ASSIGN_OR_RETURN(const std::string name,
                   ResourceName("targets/", session.args().positionals()[0]));
  ASSIGN_OR_RETURN(const v1::Target target, GetTarget(session, name));
  RETURN_IF_ERROR(session.Confirm(StrCat("delete ", name, "? nothing reaches it any more")));
  v1::DeleteTargetRequest request;
  request.set_name(name);
  request.set_etag(target.etag());
  RETURN_IF_ERROR(session.Call(&Stub::DeleteTarget, request).status());
  session.console().Answer(Json::Object().Set("name", name).Set("deleted", true),
                           StrCat(name, ": deleted\n"));
  return ExitStatus::kOk;
}

Command CreateCommand() {
  Command create{
      .name = "create",
      .summary = "declare a target, from flags or from a file",
      .details =
          "A target says which secrets it may inject: a lease on another secret cannot be "
          "sent there.\nAddresses on loopback or in private networks need --allow-cidr.",
      .positionals = {{.name = "NAME",
                       .help = "the target, where no file describes it",
                       .count = Positional::Count::kOptional}},
      .flags = {{.name = "file",
                 .value = "FILE",
                 .help = "targets as YAML, - for the standard input",
                 .letter = 'f'},
                {.name = "replace", .help = "replace a target that exists"}},
      .examples =
          {"leasehold target create demo --base-url http://127.0.0.1:8080 --secret "
           "'demo/**' --header Authorization --template 'Bearer {value}' --allow-cidr "
           "127.0.0.0/8",
           "printf 'targets: [{name: demo, base_url: \"http://127.0.0.1:8080\", secrets: "
           "[\"demo/**\"], inject: {basic: {}}}]' | leasehold target create -f - --replace"},
      .run = Create,
  };
  for (const Flag& flag : TargetFlags()) create.flags.push_back(flag);
  return create;
}

}  // namespace

Command TargetCommand() {
  const Positional name{.name = "NAME", .help = "the target"};
  return {
      .name = "target",
      .summary = "declare the systems that secrets are used on",
      .examples = {"leasehold target list"},
      .instead = {{.typed = "update",
                   .hint = "`leasehold target create NAME --replace ...` replaces a target"}},
      .commands = {CreateCommand(),
                   {.name = "list",
                    .summary = "list all targets",
                    .examples = {"leasehold target list"},
                    .run = List},
                   {.name = "show",
                    .summary = "show a target",
                    .positionals = {name},
                    .examples = {"leasehold target show demo"},
                    .run = Show},
                   {.name = "delete",
                    .summary = "delete a target; nothing reaches it any more",
                    .positionals = {name},
                    .flags = {YesFlag()},
                    .examples = {"leasehold target delete demo --yes"},
                    .run = Delete}},
  };
}

}  // namespace leasehold
