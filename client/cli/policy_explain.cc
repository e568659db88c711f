#include <string>
#include <utility>

#include "client/cli/enum_text.h"
#include "client/cli/file_argument.h"
#include "client/cli/policy_commands.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
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

absl::StatusOr<v1::Delivery> DeliveryFlag(const Arguments& args) {
  const std::string word = args.Get("delivery").value_or("brokered");
  if (word == "brokered") return v1::DELIVERY_BROKERED;
  if (word == "revealed") return v1::DELIVERY_REVEALED;
  return UsageError(StrCat("--delivery '", word, "' is none"), "write brokered or revealed");
}

absl::Status ReadNames(const Arguments& args, v1::ExplainDecisionRequest* request) {
  ASSIGN_OR_RETURN(*request->mutable_agent(), ResourceName("agents/", *args.Get("agent")));
  ASSIGN_OR_RETURN(*request->mutable_secret(), ResourceName("secrets/", *args.Get("secret")));
  if (const auto workflow = args.Get("workflow")) {
    ASSIGN_OR_RETURN(*request->mutable_workflow(), ResourceName("workflows/", *workflow));
  }
  if (const auto target = args.Get("target")) {
    ASSIGN_OR_RETURN(*request->mutable_target(), ResourceName("targets/", *target));
  }
  request->set_user(args.Get("user").value_or(""));
  for (const std::string& group : args.All("group")) {
    ASSIGN_OR_RETURN(const std::string name, ResourceName("groups/", group));
    request->add_groups(ShortName(name));
    request->set_override_groups(true);
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ExplainDecisionRequest> ReadQuestion(Session& session) {
  const Arguments& args = session.args();
  v1::ExplainDecisionRequest request;
  RETURN_IF_ERROR(ReadNames(args, &request));
  request.set_tool(args.Get("tool").value_or(""));
  request.set_arguments_json(args.Get("args").value_or(""));
  const bool http = !request.target().empty() && request.tool().empty();
  request.set_method(args.Get("method").value_or(http ? "GET" : ""));
  request.set_path(args.Get("path").value_or(http ? "/" : ""));
  ASSIGN_OR_RETURN(const v1::Delivery delivery, DeliveryFlag(args));
  request.set_delivery(delivery);
  if (const auto text = args.Get("time")) {
    absl::Time time;
    std::string error;
    if (!absl::ParseTime(absl::RFC3339_full, ToAbsl(*text), &time, &error)) {
      return UsageError(StrCat("--time '", *text, "' is no time"), "write 2026-03-01T09:30:00Z");
    }
    *request.mutable_time() = TimestampOf(time);
  }
  if (const auto path = args.Get("file")) {
    ASSIGN_OR_RETURN(*request.mutable_policy_set(), ReadPolicies(session, *path));
  }
  return request;
}

std::string Verdict(const Console& console, const v1::ExplainDecisionRequest& request,
                    const v1::Explanation& answer) {
  const bool use = !request.target().empty() || request.delivery() == v1::DELIVERY_REVEALED;
  const bool allowed = answer.lease_allowed() && (!use || answer.use_allowed());
  std::string text = !allowed                     ? console.Red("denied")
                     : answer.not_enforced()      ? console.Yellow("allowed, recorded as denied")
                     : answer.approval_required() ? console.Yellow("allowed, with approval")
                                                  : console.Green("allowed");
  StrAppend(&text, ": ", answer.message());
  if (!answer.reason().empty()) StrAppend(&text, " [", answer.reason(), "]");
  return text + "\n";
}

std::string PolicyText(const Console& console, const v1::PolicyExplanation& policy) {
  std::string text = StrCat("\npolicy ", policy.policy(), " (",
                            EnumText(v1::Effect_Name(policy.effect()), "EFFECT_"),
                            policy.observed() ? ", observed" : "",
                            policy.covers() ? ") covers" : ") is not about this", "\n");
  for (const v1::ConditionResult& condition : policy.conditions()) {
    StrAppend(&text, condition.matched() ? console.Green("  yes ") : console.Red("  no  "),
              condition.key(), ": ", condition.detail(), "\n");
  }
  return text;
}

absl::StatusOr<ExitStatus> Explain(Session& session) {
  ASSIGN_OR_RETURN(const v1::ExplainDecisionRequest request, ReadQuestion(session));
  ASSIGN_OR_RETURN(const v1::Explanation answer, session.Call(&Stub::ExplainDecision, request));
  std::string text = Verdict(session.console(), request, answer);
  Facts facts;
  facts.Add("judged by", answer.revision() == 0 ? std::string("the policies given with -f")
                                                : StrCat("revision ", answer.revision()));
  if (!request.target().empty()) facts.Add("the use is", answer.read() ? "a read" : "a write");
  text += facts.ToText();
  int others = static_cast<int>(answer.policies_left_out());
  for (const v1::PolicyExplanation& policy : answer.policies()) {
    const bool shown = policy.covers() || policy.policy() == answer.policy();
    if (shown || session.args().Has("all")) {
      text += PolicyText(session.console(), policy);
    } else {
      ++others;
    }
  }
  if (others > 0) {
    StrAppend(&text, "\n", others, others == 1 ? " policy is" : " policies are",
              " not about this; --all shows why\n");
  }
  session.console().Answer(MessageJson(answer), text);
  return ExitStatus::kOk;
}

}  // namespace

Command PolicyExplainCommand() {
  return {
      .name = "explain",
      .summary = "tell what would be decided, and why",
      .details =
          "Asks the code that decides, and shows how each policy fared, condition by condition.\n"
          "Nothing is recorded, and agent and secret need not exist yet.",
      .flags = {{.name = "agent", .value = "NAME", .help = "who asks", .required = true},
                {.name = "secret", .value = "NAME", .help = "the secret", .required = true},
                {.name = "workflow", .value = "NAME", .help = "what for; default: default"},
                {.name = "user", .value = "USER", .help = "on whose behalf"},
                {.name = "group",
                 .value = "NAME",
                 .help = "a group of the agent, instead of those it is in",
                 .repeats = true},
                {.name = "target", .value = "NAME", .help = "where; without it only the lease"},
                {.name = "method", .value = "METHOD", .help = "HTTP method; default GET"},
                {.name = "path", .value = "PATH", .help = "path at the target; default /"},
                {.name = "tool", .value = "NAME", .help = "a tool, instead of method and path"},
                {.name = "args", .value = "JSON", .help = "the tool's arguments"},
                {.name = "delivery", .value = "HOW", .help = "brokered (the default) or revealed"},
                {.name = "time", .value = "TIME", .help = "as of then; default: now"},
                {.name = "file",
                 .value = "FILE",
                 .help = "against these policies instead of those in force",
                 .letter = 'f'},
                {.name = "all", .help = "also policies that are not about this"}},
      .examples = {"leasehold policy explain --agent demo-bot --secret demo/key",
                   "leasehold policy explain --agent demo-bot --secret demo/key --target demo "
                   "--method POST --path /v1/items"},
      .run = Explain,
  };
}

}  // namespace leasehold
