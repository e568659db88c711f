#include "server/api/approval_service.h"

#include <charconv>
#include <utility>

#include "server/api/entry_description.h"
#include "server/api/names.h"
#include "server/api/submit_call.h"
#include "server/api/unary_call.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/approval.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.ApprovalService";
constexpr std::string_view kApprovals = "approvals/";
constexpr int kPageSizeDefault = 100;
constexpr int kPageSizeMax = 1000;

const ApiMethod& Method(std::string_view name) { return FindApiMethod(kService, name); }

// A number that stands for something; 0 where it is none.
uint64_t ParseNumber(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

absl::StatusOr<uint64_t> ParseApprovalName(std::string_view name) {
  if (name.starts_with(kApprovals)) {
    if (const uint64_t number = ParseNumber(name.substr(kApprovals.size())); number != 0) {
      return number;
    }
  }
  return Error(Reason::kInvalidArgument, "an approval is named approvals/{number}");
}

v1::Approval Describe(const State& state, const Approval& approval, UnixMillis now) {
  v1::Approval proto;
  proto.set_name(StrCat(kApprovals, approval.number));
  proto.set_state(static_cast<v1::Approval::State>(approval.StateAt(now)));
  proto.set_agent(AgentName(state, approval.key.agent));
  proto.set_secret(SecretName(state, approval.key.secret));
  proto.set_workflow(WorkflowName(state, approval.key.workflow));
  proto.set_user(TextOf(state, approval.key.user));
  proto.set_purpose(TextOf(state, approval.purpose));
  proto.set_policy(TextOf(state, approval.key.policy));
  proto.set_group(StrCat("groups/", state.entities().Find(approval.group)->name));
  proto.set_approvers_needed(approval.approvers);
  for (const ApprovalAnswer& answer : approval.answers) {
    v1::ApprovalDecision* decision = proto.add_decisions();
    decision->set_actor(TextOf(state, answer.actor));
    decision->set_approved(answer.approved);
    decision->set_reason(TextOf(state, answer.reason));
    ToProto(answer.time, decision->mutable_time());
  }
  ToProto(approval.create_time, proto.mutable_create_time());
  ToProto(approval.expire_time, proto.mutable_expire_time());
  ToProto(approval.valid_for, proto.mutable_valid_for());
  proto.set_uses(static_cast<uint32_t>(approval.uses));
  proto.set_used(static_cast<uint32_t>(approval.used));
  proto.set_index(approval.index.value());
  proto.set_run(TextOf(state, approval.run));
  proto.set_address(TextOf(state, approval.address));
  return proto;
}

// Agents see what they asked for and what they may answer.
bool MaySee(const State& state, const Approval& approval, const Principal& principal) {
  return principal.agent.empty() || approval.key.agent == principal.agent ||
         IsInApproverGroup(state, approval, principal);
}

}  // namespace

grpc::Status ApprovalService::ListApprovals(grpc::ServerContext* context,
                                            const v1::ListApprovalsRequest* request,
                                            v1::ListApprovalsResponse* response) {
  auto list = [&](const Principal& principal) -> absl::StatusOr<v1::ListApprovalsResponse> {
    if (request->page_size() < 0 || request->page_size() > kPageSizeMax) {
      return Error(Reason::kInvalidArgument, StrCat("page_size must be 1 to ", kPageSizeMax));
    }
    const uint64_t below = ParseNumber(request->page_token());
    if (below == 0 && !request->page_token().empty()) {
      return Error(Reason::kPageTokenInvalid, "page_token is not one that ListApprovals gave");
    }
    if (!request->agent().empty()) {
      RETURN_IF_ERROR(Name::ParseResource(request->agent(), "agents/").status());
    }
    const int size = request->page_size() == 0 ? kPageSizeDefault : request->page_size();
    const UnixMillis now = authority_.Now();
    return authority_.published().Read([&](const PublishedState::View& view) {
      v1::ListApprovalsResponse page;
      const auto& all = view.state.approvals().all();
      for (auto it = all.rbegin(); it != all.rend(); ++it) {
        const Approval& approval = it->second;
        if ((below != 0 && approval.number >= below) ||
            (request->pending_only() && approval.StateAt(now) != ApprovalState::kPending) ||
            (!request->agent().empty() &&
             AgentName(view.state, approval.key.agent) != request->agent()) ||
            !MaySee(view.state, approval, principal)) {
          continue;
        }
        if (page.approvals_size() == size) {
          page.set_next_page_token(
              std::string(page.approvals(size - 1).name().substr(kApprovals.size())));
          break;
        }
        *page.add_approvals() = Describe(view.state, approval, now);
      }
      return page;
    });
  };
  return DispatchRead<v1::ListApprovalsResponse>(context, response, gate_, Method("ListApprovals"),
                                                 list);
}

grpc::Status ApprovalService::GetApproval(grpc::ServerContext* context,
                                          const v1::GetApprovalRequest* request,
                                          v1::Approval* response) {
  auto get = [&](const Principal& principal) -> absl::StatusOr<v1::Approval> {
    ASSIGN_OR_RETURN(const uint64_t number, ParseApprovalName(request->name()));
    const UnixMillis now = authority_.Now();
    return authority_.published().Read(
        [&](const PublishedState::View& view) -> absl::StatusOr<v1::Approval> {
          const Approval* approval = view.state.approvals().Find(number);
          if (approval == nullptr || !MaySee(view.state, *approval, principal)) {
            return Error(Reason::kNotFound,
                         StrCat("there is no approvals/", number, ", or it was over long ago"));
          }
          return Describe(view.state, *approval, now);
        });
  };
  return DispatchRead<v1::Approval>(context, response, gate_, Method("GetApproval"), get);
}

grpc::Status ApprovalService::Decide(grpc::ServerContext* context, const ApiMethod& method,
                                     const std::string& name, const std::string& reason,
                                     bool approved, v1::Approval* response) {
  return Dispatch<v1::Approval>(context, response, gate_, method, [&](auto call) {
    auto parse = [&]() -> absl::StatusOr<ApprovalDecision> {
      ApprovalDecision decision{
          .principal = call->principal(), .approved = approved, .reason = reason};
      ASSIGN_OR_RETURN(decision.approval, ParseApprovalName(name));
      if (reason.empty() && !approved) {
        return Error(Reason::kInvalidArgument,
                     "reason is required: say why, for the one who asked");
      }
      if (!reason.empty()) RETURN_IF_ERROR(Text::Parse(reason, "reason").status());
      return decision;
    };
    absl::StatusOr<ApprovalDecision> decision = parse();
    if (!decision.ok()) {
      call->Finish(decision.status());
      return;
    }
    // A rejection makes leases fewer, so a full disk does not keep it out.
    SubmitCall<uint64_t>(
        authority_, approved ? Urgency::kNormal : Urgency::kRelease, std::move(call),
        [decision = *std::move(decision)](Transaction& tx) { return DecideApproval(tx, decision); },
        [this](const State& state, uint64_t number) {
          return Describe(state, *state.approvals().Find(number), authority_.Now());
        });
  });
}

grpc::Status ApprovalService::Approve(grpc::ServerContext* context,
                                      const v1::ApproveRequest* request, v1::Approval* response) {
  return Decide(context, Method("Approve"), request->name(), request->reason(), true, response);
}

grpc::Status ApprovalService::Reject(grpc::ServerContext* context, const v1::RejectRequest* request,
                                     v1::Approval* response) {
  return Decide(context, Method("Reject"), request->name(), request->reason(), false, response);
}

}  // namespace leasehold
