#include "server/leases/operations/approval.h"

#include <algorithm>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/duration_words.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// The rule that a refusal names.
constexpr std::string_view kApprovalRule = "approval";

// Who answers, as the group knows them.
struct Approver {
  EntityUid agent;   // of agents
  std::string user;  // of people; of an agent, on whose behalf it acts
};

std::optional<Approver> ApproverIn(const State& state, const Entity& group,
                                   const Principal& principal) {
  if (group.deleted) return std::nullopt;
  if (!principal.agent.empty()) {
    // An agent that works for an approver is none: it could be talked into anything.
    if (!group.agents.contains(principal.agent)) return std::nullopt;
    return Approver{.agent = principal.agent, .user = principal.user};
  }
  for (const std::string* name : {&principal.user, &principal.name}) {
    const TextId user = state.texts().Find(ledger::v1::TEXT_KIND_USER, *name);
    if (!user.empty() && group.users.contains(user)) return Approver{.user = *name};
  }
  return std::nullopt;
}

absl::Status NotApprover(std::string_view why) {
  return Error(Reason::kRoleForbidden, why, {.metadata = {{"rule", std::string(kApprovalRule)}}});
}

// That it is not one's own request, nor that of somebody one works with.
absl::Status CheckIndependent(const State& state, const Approval& approval,
                              const Approver& approver, const Principal& principal) {
  if (approver.agent == approval.key.agent) {
    return NotApprover("nobody approves their own request; ask another approver");
  }
  if (!approver.agent.empty() && state.delegations().Relate(approver.agent, approval.key.agent)) {
    return NotApprover(
        "an agent does not approve for one that it delegated to or had a lease from; ask another "
        "approver");
  }
  if (approval.key.user.empty()) return absl::OkStatus();
  const std::string_view asker = state.texts().Get(approval.key.user);
  // Of an erased name nobody can say that it is not theirs.
  if (asker.empty() || asker == approver.user || asker == principal.user ||
      asker == principal.name) {
    return NotApprover("the request is on your own behalf; ask another approver");
  }
  return absl::OkStatus();
}

absl::Status CheckFirstAnswer(const State& state, const Approval& approval,
                              const Approver& approver, const Principal& principal) {
  const TextId actor = state.texts().Find(ledger::v1::TEXT_KIND_PRINCIPAL, principal.name);
  const TextId user = state.texts().Find(ledger::v1::TEXT_KIND_USER, approver.user);
  for (const ApprovalAnswer& answer : approval.answers) {
    if (answer.actor == actor || (!user.empty() && answer.user == user) ||
        (!approver.agent.empty() && answer.agent == approver.agent)) {
      return Error(Reason::kFailedPrecondition,
                   "you approved it already, and each approver counts once; another one must");
    }
  }
  return absl::OkStatus();
}

std::string_view Word(ApprovalState state) {
  switch (state) {
    case ApprovalState::kPending:
      return "waits";
    case ApprovalState::kApproved:
      return "is approved already";
    case ApprovalState::kRejected:
      return "was rejected";
    case ApprovalState::kExpired:
      return "has expired";
    case ApprovalState::kUsed:
      return "is used up";
  }
  return "is over";
}

ErrorDetail AboutApproval(uint64_t number, std::string_view policy) {
  return {.scope = ErrorDetail::Scope::kAgent,
          .metadata = {{"approval", StrCat("approvals/", number)},
                       {"policy", std::string(policy)},
                       {"rule", std::string(kApprovalRule)}}};
}

absl::Status Waiting(const State& state, const Approval& approval, std::string_view policy) {
  const size_t missing = approval.approvers - approval.answers.size();
  return Error(Reason::kApprovalRequired,
               StrCat("approvals/", approval.number, " waits for ", missing, " of ",
                      approval.approvers, approval.approvers == 1 ? " approver" : " approvers",
                      " from group ", state.entities().Find(approval.group)->name, " until ",
                      TimeWords(approval.expire_time), "; ask them, and take the lease again then"),
               AboutApproval(approval.number, policy));
}

absl::StatusOr<const Entity*> GroupFor(const State& state, const ApprovalAsk& ask) {
  const Entity* group = state.entities().FindByName(EntityKind::kGroup, ask.terms.group);
  if (group != nullptr) return group;
  return Error(Reason::kPolicyDenied,
               StrCat("policy ", ask.policy, " asks approvers of group ", ask.terms.group,
                      ", which does not exist; ask an owner"),
               {.metadata = {{"policy", std::string(ask.policy)}}});
}

absl::Status CheckMayAsk(const Transaction& tx, const ApprovalAsk& ask) {
  const Approvals& approvals = tx.state().approvals();
  if (ask.purpose.empty()) {
    return Error(Reason::kInvalidArgument,
                 StrCat("purpose is required: policy ", ask.policy, " asks approvers of group ",
                        ask.terms.group, ", who want to know what the lease is for"));
  }
  if (approvals.CountStanding(ask.principal.agent, tx.now()) >= Approvals::kStandingPerAgentMax) {
    return Error(Reason::kRateLimited,
                 StrCat("this agent has ", Approvals::kStandingPerAgentMax,
                        " requests for approval; wait until one is answered, used or over"),
                 {.scope = ErrorDetail::Scope::kAgent, .retry_after = absl::Minutes(1)});
  }
  if (!approvals.HasRoom(tx.now())) {
    return Error(Reason::kOverloaded, "too many requests wait for approvers; try again later",
                 {.retry_after = absl::Minutes(1)});
  }
  return absl::OkStatus();
}

uint64_t Request(Transaction& tx, const ApprovalAsk& ask, EntityUid group) {
  Entry entry;
  ledger::v1::ApprovalRequested* requested = entry.mutable_approval_requested();
  requested->set_approval(tx.state().approvals().next());
  requested->set_agent(ask.principal.agent.value());
  requested->set_secret(ask.secret.value());
  requested->set_workflow(tx.DefineText(ledger::v1::TEXT_KIND_WORKFLOW, ask.workflow).value());
  requested->set_policy(tx.DefineText(ledger::v1::TEXT_KIND_POLICY, ask.policy).value());
  requested->set_user(
      tx.DefineOptionalText(ledger::v1::TEXT_KIND_USER, ask.principal.user).value());
  requested->set_purpose(tx.DefineText(ledger::v1::TEXT_KIND_REASON, ask.purpose).value());
  requested->set_expire_time_ms(tx.EpochMillis(tx.now() + ask.terms.expires));
  requested->set_valid_for_ms(
      static_cast<uint64_t>(absl::ToInt64Milliseconds(ask.terms.valid_for)));
  requested->set_uses(ask.terms.uses);
  requested->set_approvers(ask.terms.approvers);
  requested->set_group(group.value());
  requested->set_run(tx.DefineOptionalText(ledger::v1::TEXT_KIND_RUN, ask.run).value());
  requested->set_address(
      tx.DefineOptionalText(ledger::v1::TEXT_KIND_ADDRESS, ask.principal.address).value());
  requested->set_method(static_cast<ledger::v1::AuthMethod>(ask.principal.method));
  requested->set_credential(ask.principal.credential.value());
  const uint64_t number = requested->approval();
  tx.Append(std::move(entry));
  return number;
}

// The request that a like one joins, or nullptr.
const Approval* FindStanding(const Transaction& tx, const ApprovalAsk& ask) {
  const TextTable& texts = tx.state().texts();
  const ApprovalKey key{.agent = ask.principal.agent,
                        .secret = ask.secret,
                        .workflow = texts.Find(ledger::v1::TEXT_KIND_WORKFLOW, ask.workflow),
                        .policy = texts.Find(ledger::v1::TEXT_KIND_POLICY, ask.policy),
                        .user = texts.Find(ledger::v1::TEXT_KIND_USER, ask.principal.user)};
  // Somebody whom nothing has named yet is not nobody.
  if (key.user.empty() != ask.principal.user.empty()) return nullptr;
  return tx.state().approvals().FindStanding(key, tx.now());
}

}  // namespace

absl::StatusOr<uint64_t> ApprovalFor(Transaction& tx, const ApprovalAsk& ask) {
  const State& state = tx.state();
  if (const Approval* standing = FindStanding(tx, ask)) {
    switch (standing->StateAt(tx.now())) {
      case ApprovalState::kApproved:
        return standing->number;
      case ApprovalState::kRejected:
        return Error(
            Reason::kPolicyDenied,
            StrCat("approvals/", standing->number, " was rejected; do not ask again before ",
                   TimeWords(standing->expire_time)),
            AboutApproval(standing->number, ask.policy));
      default:
        return Waiting(state, *standing, ask.policy);
    }
  }
  RETURN_IF_ERROR(CheckMayAsk(tx, ask));
  ASSIGN_OR_RETURN(const Entity* group, GroupFor(state, ask));
  const uint64_t number = Request(tx, ask, group->uid);
  return Waiting(state, *state.approvals().Find(number), ask.policy);
}

absl::StatusOr<uint64_t> DecideApproval(Transaction& tx, const ApprovalDecision& decision) {
  const State& state = tx.state();
  const Principal& principal = decision.principal;
  RETURN_IF_ERROR(CheckCaller(state, principal, tx.now()));
  const Approval* approval = state.approvals().Find(decision.approval);
  if (approval == nullptr) {
    return Error(Reason::kNotFound,
                 StrCat("there is no approvals/", decision.approval, ", or it was over long ago"));
  }
  const Entity& group = *state.entities().Find(approval->group);
  const std::optional<Approver> approver = ApproverIn(state, group, principal);
  if (!approver.has_value()) {
    return NotApprover(StrCat("only members of group ", group.name,
                              " answer this request; `leasehold group show ", group.name,
                              "` says who they are"));
  }
  RETURN_IF_ERROR(CheckIndependent(state, *approval, *approver, principal));
  const ApprovalState now = approval->StateAt(tx.now());
  const bool may_still =
      now == ApprovalState::kPending || (!decision.approved && now == ApprovalState::kApproved);
  if (!may_still) {
    return Error(Reason::kFailedPrecondition,
                 StrCat("approvals/", decision.approval, " ", Word(now), "; there is nothing to ",
                        decision.approved ? "approve" : "reject"));
  }
  if (decision.approved) {
    RETURN_IF_ERROR(CheckFirstAnswer(state, *approval, *approver, principal));
  }
  const ApprovalKey key = approval->key;
  Entry entry;
  ledger::v1::ApprovalDecided* decided = entry.mutable_approval_decided();
  *decided->mutable_control() = tx.MakeControl(principal);
  decided->set_approval(decision.approval);
  decided->set_verdict(decision.approved ? ledger::v1::VERDICT_ALLOWED
                                         : ledger::v1::VERDICT_DENIED);
  decided->set_reason(tx.DefineOptionalText(ledger::v1::TEXT_KIND_REASON, decision.reason).value());
  decided->set_approver_agent(approver->agent.value());
  decided->set_approver_user(
      tx.DefineOptionalText(ledger::v1::TEXT_KIND_USER, approver->user).value());
  decided->set_agent(key.agent.value());
  decided->set_secret(key.secret.value());
  decided->set_workflow(key.workflow.value());
  tx.Append(std::move(entry));
  return decision.approval;
}

bool IsInApproverGroup(const State& state, const Approval& approval, const Principal& principal) {
  return ApproverIn(state, *state.entities().Find(approval.group), principal).has_value();
}

}  // namespace leasehold
