#include <string>
#include <utility>

#include "client/cli/commands.h"
#include "client/cli/enum_text.h"
#include "client/cli/pages.h"
#include "client/cli/resource.h"
#include "client/cli/session.h"
#include "client/cli/terminal/message_json.h"
#include "client/cli/terminal/table.h"
#include "client/cli/terminal/time_text.h"
#include "leasehold/v1/approval.grpc.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Stub = v1::ApprovalService::Stub;

std::string StateText(const v1::Approval& approval) {
  return EnumText(v1::Approval::State_Name(approval.state()), "STATE_");
}

// "1 of 2".
std::string AgreedText(const v1::Approval& approval) {
  int agreed = 0;
  for (const v1::ApprovalDecision& decision : approval.decisions()) {
    agreed += decision.approved() ? 1 : 0;
  }
  return StrCat(agreed, " of ", approval.approvers_needed());
}

std::string NameTyped(const Session& session) {
  const std::string& typed = session.args().positionals()[0];
  return typed.starts_with("approvals/") ? typed : StrCat("approvals/", typed);
}

absl::StatusOr<ExitStatus> List(Session& session) {
  v1::ListApprovalsRequest request;
  request.set_pending_only(session.args().Has("pending"));
  if (const auto agent = session.args().Get("agent")) {
    ASSIGN_OR_RETURN(*request.mutable_agent(), ResourceName("agents/", *agent));
  }
  ASSIGN_OR_RETURN(const auto approvals, ListAll(session, &Stub::ListApprovals, std::move(request),
                                                 &v1::ListApprovalsResponse::approvals));
  Table table({"APPROVAL", "STATE", "AGENT", "SECRET", "WORKFLOW", "AGREED", "UNTIL", "PURPOSE"});
  Json list = Json::Array();
  for (const v1::Approval& approval : approvals.items) {
    table.Add({ShortName(approval.name()), StateText(approval), ShortName(approval.agent()),
               ShortName(approval.secret()), ShortName(approval.workflow()), AgreedText(approval),
               TimeCell(approval.expire_time()), approval.purpose()});
    list.Append(MessageJson(approval));
  }
  session.console().Answer(Json::Object().Set("approvals", std::move(list)), table.ToText());
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Show(Session& session) {
  v1::GetApprovalRequest request;
  request.set_name(NameTyped(session));
  ASSIGN_OR_RETURN(const v1::Approval approval, session.Call(&Stub::GetApproval, request));
  Facts facts;
  facts.Add("approval", approval.name());
  facts.Add("state", StateText(approval));
  facts.Add("agent", approval.agent());
  if (!approval.user().empty()) facts.Add("on behalf of", approval.user());
  facts.Add("secret", approval.secret());
  facts.Add("workflow", approval.workflow());
  if (!approval.run().empty()) facts.Add("run", approval.run());
  facts.Add("purpose", approval.purpose());
  facts.Add("called from", approval.address());
  facts.Add("policy", approval.policy());
  facts.Add("approvers", StrCat(AgreedText(approval), " from ", approval.group()));
  for (const v1::ApprovalDecision& decision : approval.decisions()) {
    facts.Add(decision.approved() ? "approved by" : "rejected by",
              StrCat(decision.actor(), " at ", TimeText(decision.time()),
                     decision.reason().empty() ? "" : ": ", decision.reason()));
  }
  facts.Add("asked", TimeText(approval.create_time()));
  facts.Add("until", TimeText(approval.expire_time()));
  facts.Add("leases", StrCat(approval.used(), " of ", approval.uses(), " taken"));
  session.console().Answer(MessageJson(approval), facts.ToText());
  return ExitStatus::kOk;
}

void AnswerDecided(Session& session, const v1::Approval& approval) {
  std::string what = "rejected";
  if (approval.state() == v1::Approval::STATE_PENDING) {
    what = StrCat("approved by ", AgreedText(approval), ", waits for more");
  } else if (approval.state() == v1::Approval::STATE_APPROVED) {
    what = StrCat("approved; ", approval.uses(), approval.uses() == 1 ? " lease" : " leases",
                  " may be taken until ", TimeText(approval.expire_time()));
  }
  session.console().Answer(MessageJson(approval), StrCat(approval.name(), ": ", what, "\n"));
}

absl::StatusOr<ExitStatus> Approve(Session& session) {
  v1::ApproveRequest request;
  request.set_name(NameTyped(session));
  request.set_reason(session.args().Get("reason").value_or(""));
  ASSIGN_OR_RETURN(const v1::Approval approval, session.Call(&Stub::Approve, request));
  AnswerDecided(session, approval);
  return ExitStatus::kOk;
}

absl::StatusOr<ExitStatus> Reject(Session& session) {
  v1::RejectRequest request;
  request.set_name(NameTyped(session));
  request.set_reason(*session.args().Get("reason"));
  ASSIGN_OR_RETURN(const v1::Approval approval, session.Call(&Stub::Reject, request));
  AnswerDecided(session, approval);
  return ExitStatus::kOk;
}

}  // namespace

Command ApprovalCommand() {
  const Positional number{.name = "NUMBER", .help = "its number, or approvals/NUMBER"};
  return {
      .name = "approval",
      .summary = "see and answer requests for leases that wait for approvers",
      .details =
          "A policy with `approval` gives leases only when members of its group agree. Nobody\n"
          "answers a request of their own. Put people into the group as users, for example\n"
          "`leasehold group create oncall --user operator:uid=0` for this machine's root.",
      .examples = {"leasehold approval list --pending", "leasehold approval approve 1"},
      .commands =
          {{.name = "list",
            .summary = "list requests, newest first",
            .flags = {{.name = "pending", .help = "only those that wait"},
                      {.name = "agent", .value = "NAME", .help = "only those of this agent"}},
            .examples = {"leasehold approval list --pending"},
            .run = List},
           {.name = "show",
            .summary = "show a request: who asks for what, and who answered",
            .positionals = {number},
            .examples = {"leasehold approval show 1"},
            .run = Show},
           {.name = "approve",
            .summary = "agree to a request",
            .positionals = {number},
            .flags = {{.name = "reason", .value = "TEXT", .help = "why; stands in the ledger"}},
            .examples = {"leasehold approval approve 1 --reason 'incident 42'"},
            .run = Approve},
           {.name = "reject",
            .summary = "refuse a request, or end one that was approved",
            .positionals = {number},
            .flags = {{.name = "reason",
                       .value = "TEXT",
                       .help = "why; stands in the ledger",
                       .required = true}},
            .examples = {"leasehold approval reject 1 --reason 'not in office hours'"},
            .run = Reject}},
  };
}

}  // namespace leasehold
