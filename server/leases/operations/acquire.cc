#include "server/leases/operations/acquire.h"

#include <algorithm>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/approval.h"
#include "server/leases/operations/binding.h"
#include "server/leases/operations/chain_policy.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/duration_words.h"
#include "server/leases/operations/refusals.h"
#include "server/leases/operations/standing.h"
#include "server/leases/state/lease_subject.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// The rule that a refusal names where an agent has as many leases as it may.
constexpr std::string_view kMaxActiveRule = "lease.max_active";

// The one answer for a secret that is not there and for one that the agent may not use.
absl::Status NotFoundOrForbidden() {
  return Error(Reason::kNotFoundOrForbidden,
               "there is no such secret, or this agent may not lease it in this workflow; ask an "
               "owner",
               {.scope = ErrorDetail::Scope::kAgent});
}

// Everything about a lease that is to be issued.
struct Terms {
  const Entity* secret = nullptr;
  VersionNumber version;
  absl::Duration ttl;
  absl::Duration max_ttl;
  std::string_view policy;
  LeaseBinding bound;
  ObservedDenial not_enforced;
  const CompiledApproval* asks = nullptr;  // approvers, who must agree first
  uint64_t approval = 0;                   // by which they did
};

absl::StatusOr<absl::Duration> ChooseTtl(std::optional<absl::Duration> asked,
                                         const LeaseDecision& decision) {
  if (!asked.has_value()) {
    return decision.ttl;
  }
  if (*asked < absl::Milliseconds(1)) {
    return Error(Reason::kInvalidArgument, "ttl must be positive");
  }
  if (*asked > decision.ttl) {
    return Error(Reason::kInvalidArgument,
                 StrCat("ttl is longer than policy ", decision.policy, " allows, which is ",
                        DurationWords(decision.ttl)));
  }
  return *asked;
}

absl::StatusOr<VersionNumber> ChooseVersion(const State& state, const Entity& secret,
                                            VersionNumber asked, UnixMillis now) {
  const VersionInfo* version = asked.empty() ? state.versions().Latest(secret.uid, now)
                                             : state.versions().Find(secret.uid, asked);
  if (version == nullptr) {
    return asked.empty()
               ? Error(Reason::kVersionDisabled, "the secret has no version that can be used")
               : Error(Reason::kNotFound, StrCat("the secret has no version ", asked.value()));
  }
  if (!version->UsableAt(now)) {
    return Error(version->state == VersionState::kDestroyed  ? Reason::kVersionDestroyed
                 : version->state == VersionState::kDisabled ? Reason::kVersionDisabled
                                                             : Reason::kSecretExpired,
                 StrCat("version ", version->number.value(), " of the secret cannot be used"));
  }
  return version->number;
}

// Whether one lease more may be active under the policy that allows it.
absl::Status CheckMaxActive(const State& state, UnixMillis now, EntityUid agent,
                            const LeaseDecision& decision) {
  if (decision.max_active == 0) return absl::OkStatus();
  const TextId policy = state.texts().Find(ledger::v1::TEXT_KIND_POLICY, decision.policy);
  if (state.CountActive(agent, policy, now, decision.max_active) < decision.max_active) {
    return absl::OkStatus();
  }
  return Error(Reason::kPolicyDenied,
               StrCat("policy ", decision.policy, " lets an agent have ", decision.max_active,
                      decision.max_active == 1 ? " active lease" : " active leases",
                      ", and there are that many; release one, or retry when one has ended"),
               {.metadata = {{"policy", std::string(decision.policy)},
                             {"rule", std::string(kMaxActiveRule)}}});
}

absl::StatusOr<Terms> JudgeWithoutApprovers(const State& state, UnixMillis now,
                                            const AcquireRequest& request, const Entity& agent) {
  const Entity* secret = state.entities().FindByName(EntityKind::kSecret, request.secret.value());
  // Judged even where there is no such secret, so that both take the same time.
  LeaseSubject subject(state, now, request.principal, request.workflow.value(),
                       request.secret.value());
  LeaseDecision decision = state.policies().current().DecideLease(subject.get(), request.delivery);
  if (secret == nullptr || (!decision.allowed && !decision.visible)) {
    return NotFoundOrForbidden();
  }
  if (!decision.allowed) {
    return Error(decision.reason,
                 decision.reason == Reason::kDeliveryNotAllowed
                     ? "this secret may only be used through a broker: ask for a brokered lease"
                     : "policy forbids this lease; do not retry, ask an owner",
                 {.metadata = {{"policy", std::string(decision.policy)}}});
  }
  if (decision.approval != nullptr && request.delivery == Delivery::kRevealed) {
    // What was given out cannot be taken back when its time is over.
    return Error(Reason::kDeliveryNotAllowed,
                 "approvers agree to brokered leases only: ask for a brokered one",
                 {.metadata = {{"policy", std::string(decision.policy)}}});
  }
  TextId workflow = state.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, request.workflow.value());
  const GroupsAtIssue groups = GroupsAtIssueFor(state, request.principal);
  if (const Hold* hold = state.holds().Blocking(
          {.agent = agent.uid,
           .secret = secret->uid,
           .workflow = workflow,
           .user = state.texts().Find(ledger::v1::TEXT_KIND_USER, request.principal.user),
           .groups = groups.all})) {
    return HeldError(*hold);
  }
  RETURN_IF_ERROR(CheckMaxActive(state, now, agent.uid, decision));
  Terms terms{.secret = secret,
              .max_ttl = decision.max_ttl,
              .policy = decision.policy,
              .not_enforced = decision.not_enforced,
              .asks = decision.approval};
  ASSIGN_OR_RETURN(terms.version, ChooseVersion(state, *secret, request.version, now));
  ASSIGN_OR_RETURN(terms.ttl, ChooseTtl(request.ttl, decision));
  ASSIGN_OR_RETURN(terms.bound, BindLease(decision.binding, request.principal));
  return terms;
}

absl::StatusOr<Terms> JudgeAcquire(Transaction& tx, const AcquireRequest& request,
                                   const Entity& agent) {
  ASSIGN_OR_RETURN(Terms terms, JudgeWithoutApprovers(tx.state(), tx.now(), request, agent));
  // Last, so that nobody is asked for what would be refused all the same.
  if (terms.asks != nullptr) {
    ASSIGN_OR_RETURN(terms.approval, ApprovalFor(tx, {.principal = request.principal,
                                                      .secret = terms.secret->uid,
                                                      .workflow = request.workflow.value(),
                                                      .run = request.run,
                                                      .purpose = request.purpose,
                                                      .policy = terms.policy,
                                                      .terms = *terms.asks}));
  }
  return terms;
}

AcquireResult Issue(Transaction& tx, const AcquireRequest& request, const Terms& terms) {
  // The policy's name may live in a set that a later entry replaces; texts are defined first.
  TextId policy = tx.DefineText(ledger::v1::TEXT_KIND_POLICY, terms.policy);
  TextId not_enforced =
      tx.DefineOptionalText(ledger::v1::TEXT_KIND_POLICY, terms.not_enforced.policy);
  CredentialId credential = CredentialForLease(tx, request.principal);
  Entry entry;
  ledger::v1::LeaseIssued* issued = entry.mutable_lease_issued();
  issued->set_number(tx.state().leases().next().value());
  issued->set_agent(request.principal.agent.value());
  issued->set_secret(terms.secret->uid.value());
  issued->set_version(terms.version.value());
  issued->set_follows_latest(request.version.empty());
  issued->set_workflow(
      tx.DefineText(ledger::v1::TEXT_KIND_WORKFLOW, request.workflow.value()).value());
  issued->set_run(tx.DefineOptionalText(ledger::v1::TEXT_KIND_RUN, request.run).value());
  issued->set_policy(policy.value());
  issued->set_revision(tx.state().policies().revision().value());
  issued->set_delivery(static_cast<ledger::v1::Delivery>(request.delivery));
  issued->set_binding(static_cast<ledger::v1::Binding>(terms.bound.binding));
  if (terms.bound.proof.has_value()) {
    issued->set_proof_hash(std::string(AsText(*terms.bound.proof)));
  }
  issued->set_expire_time_ms(tx.EpochMillis(tx.now() + terms.ttl));
  issued->set_max_expire_time_ms(tx.EpochMillis(tx.now() + std::max(terms.ttl, terms.max_ttl)));
  issued->set_credential(credential.value());
  issued->set_user(
      tx.DefineOptionalText(ledger::v1::TEXT_KIND_USER, request.principal.user).value());
  const GroupsAtIssue groups = GroupsAtIssueFor(tx.state(), request.principal);
  for (EntityUid group : groups.all) {
    issued->add_groups(group.value());
  }
  for (EntityUid group : groups.claimed) {
    issued->add_claimed_groups(group.value());
  }
  issued->set_method(static_cast<ledger::v1::AuthMethod>(request.principal.method));
  issued->set_address(
      tx.DefineOptionalText(ledger::v1::TEXT_KIND_ADDRESS, request.principal.address).value());
  issued->set_use_limit(request.use_limit);
  issued->set_not_enforced_reason(static_cast<uint32_t>(terms.not_enforced.reason));
  issued->set_not_enforced_policy(not_enforced.value());
  issued->set_approval(terms.approval);
  issued->set_request_hash(request.request_hash);
  AcquireResult result{LeaseNumber(issued->number()), tx.state().epoch()};
  tx.Append(std::move(entry));
  return result;
}

}  // namespace

absl::StatusOr<AcquireResult> Acquire(Transaction& tx, RefusalLimiter& limiter,
                                      const AcquireRequest& request) {
  const State& state = tx.state();
  RETURN_IF_ERROR(CheckCaller(state, request.principal, tx.now()));
  const Entity& agent = *state.entities().Find(request.principal.agent);
  ASSIGN_OR_RETURN(const RequestIds::Made* made,
                   state.requests().FindRepeated(request.request_hash, tx.now()));
  if (made != nullptr) {
    LeaseNumber number(made->number);
    return AcquireResult{number, state.EpochOf(*state.leases().Find(number))};
  }
  absl::StatusOr<Terms> terms = JudgeAcquire(tx, request, agent);
  if (terms.ok()) {
    return Issue(tx, request, *terms);
  }
  const Entity* secret = state.entities().FindByName(EntityKind::kSecret, request.secret.value());
  RecordRefusal(
      tx, limiter,
      {.kind = RefusalKind::kAcquire,
       .reason = ReasonOf(terms.status()),
       .agent = agent.uid,
       .secret = secret == nullptr ? EntityUid() : secret->uid,
       .workflow = state.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, request.workflow.value())},
      LeaseNumber());
  return terms.status();
}

absl::Status LeaseError(const Lease& lease, const Usability& usability) {
  ErrorDetail detail{.scope = ErrorDetail::Scope::kLease};
  const Lease& ended = usability.ended == nullptr ? lease : *usability.ended;
  const std::string which =
      &ended == &lease ? "the lease" : "the lease that this one was delegated from";
  switch (usability.reason) {
    case Reason::kLeaseRevoked:
      if (usability.revocation != nullptr) {
        detail.metadata = {{"entry", StrCat(usability.revocation->index.value())}};
        return Error(
            Reason::kLeaseRevoked,
            StrCat(which, " was revoked at entry ", usability.revocation->index.value(),
                   usability.revocation->number == 0 ? ", because the clock went back" : "",
                   "; do not retry, ask an operator"),
            std::move(detail));
      }
      return Error(Reason::kLeaseRevoked, StrCat("the agent of ", which, " was deleted"),
                   std::move(detail));
    case Reason::kLeaseExpired:
      return Error(Reason::kLeaseExpired,
                   StrCat(which, " ended at ", TimeWords(ended.expire_time), "; take a new one"),
                   std::move(detail));
    case Reason::kLeaseReleased:
      return Error(Reason::kLeaseReleased, StrCat(which, " was released; take a new one"),
                   std::move(detail));
    case Reason::kRestoredEpoch:
      return Error(Reason::kRestoredEpoch,
                   "the lease was issued before the store was restored; take a new one",
                   std::move(detail));
    case Reason::kCredentialRevoked:
      return Error(Reason::kCredentialRevoked,
                   StrCat("the token with which ", which, " was taken was revoked; take a new one"),
                   std::move(detail));
    default:
      detail.scope = ErrorDetail::Scope::kAgent;
      return Error(usability.reason, StrCat("the agent of ", which, " may not act any more"),
                   std::move(detail));
  }
}

namespace {

// Until when the first of `chain` can be renewed.
UnixMillis LastEnd(const LeaseChain& chain) {
  const UnixMillis max = chain.front()->max_expire_time;
  return chain.size() == 1 ? max : std::min(max, chain[1]->expire_time);
}

}  // namespace

absl::StatusOr<AcquireResult> Renew(Transaction& tx, RefusalLimiter& limiter,
                                    const RenewRequest& request) {
  const State& state = tx.state();
  RETURN_IF_ERROR(CheckCaller(state, request.principal, tx.now()));
  const Lease* lease = state.leases().Find(request.lease);
  if (request.epoch != state.epoch()) {
    return Error(Reason::kRestoredEpoch,
                 "the lease was issued before the store was restored; take a new one");
  }
  if (lease == nullptr || lease->agent != request.principal.agent) {
    return Error(Reason::kLeaseNotBound, "the lease belongs to another agent");
  }
  RETURN_IF_ERROR(CheckBinding(*lease, request.principal));
  const Entity& secret = *state.entities().Find(lease->secret);
  auto refuse = [&](absl::Status why) {
    RecordRefusal(tx, limiter,
                  {.kind = RefusalKind::kRenew,
                   .reason = ReasonOf(why),
                   .agent = lease->agent,
                   .secret = lease->secret,
                   .workflow = lease->workflow},
                  lease->number);
    return why;
  };
  if (Usability usable = state.CheckLease(*lease, tx.now()); !usable.ok()) {
    return refuse(LeaseError(*lease, usable));
  }
  const LeaseChain chain = ChainOf(state.leases(), *lease);
  if (const Hold* hold = HoldOver(state, chain)) {
    return refuse(HeldError(*hold));
  }
  LeaseDecision decision = DecideKeeping(state, chain, tx.now());
  // The lease's own policy may ask for approvers by now, whom nobody has asked about this lease.
  if (!decision.allowed || decision.approval != nullptr || secret.deleted) {
    return refuse(Error(Reason::kPolicyDenied,
                        "policy no longer allows this lease; do not retry, ask an owner",
                        {.scope = ErrorDetail::Scope::kLease}));
  }
  ASSIGN_OR_RETURN(absl::Duration ttl, ChooseTtl(request.ttl, decision));
  const UnixMillis last = LastEnd(chain);
  UnixMillis expire = std::min(tx.now() + ttl, last);
  if (lease->expire_time >= last) {
    return Error(Reason::kLeaseMaxTtl,
                 last < lease->max_expire_time
                     ? StrCat("the lease already lasts until ", TimeWords(last),
                              ", when the one that it was delegated from ends; renew that first")
                     : StrCat("the lease already lasts until ", TimeWords(lease->expire_time),
                              ", its maximum; take a new one when it ends"),
                 {.scope = ErrorDetail::Scope::kLease});
  }
  if (expire <= lease->expire_time) {
    return AcquireResult{request.lease, request.epoch};  // it lasts that long already
  }
  Entry entry;
  entry.mutable_lease_renewed()->set_number(lease->number.value());
  entry.mutable_lease_renewed()->set_expire_time_ms(tx.EpochMillis(expire));
  tx.Append(std::move(entry));
  return AcquireResult{request.lease, request.epoch};
}

absl::StatusOr<AcquireResult> Release(Transaction& tx, const ReleaseRequest& request) {
  const Lease* lease = tx.state().leases().Find(request.lease);
  if (lease == nullptr || tx.state().EpochOf(*lease) != request.epoch ||
      (!request.agent.empty() && lease->agent != request.agent)) {
    return Error(Reason::kNotFound, "there is no such lease");
  }
  // One that is over already stays what it was: expired or revoked. An agent's time may be
  // extended, and then what was given back must not come to life.
  const Usability usable = tx.state().CheckLease(*lease, tx.now());
  if (usable.ok() || usable.reason == Reason::kAgentExpired) {
    Entry entry;
    entry.mutable_lease_released()->set_number(lease->number.value());
    tx.Append(std::move(entry));
  }
  return AcquireResult{request.lease, request.epoch};
}

}  // namespace leasehold
