#include "server/leases/operations/use.h"

#include <utility>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/acquire.h"
#include "server/leases/operations/binding.h"
#include "server/leases/operations/chain_policy.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/duration_words.h"
#include "server/leases/operations/rate.h"
#include "server/leases/state/lease_subject.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// The rule that a denial names where a delegation left the use out.
constexpr std::string_view kNarrowingRule = "narrowing";

// What the decision came to, before it is recorded.
struct Verdict {
  Reason reason = Reason::kNone;
  std::string message;  // for the caller, where denied
  bool visible = true;  // whether the caller may know policy, rule and message
  std::string policy;
  std::string rule;
  std::string action;
  bool write = true;
  const Entity* target = nullptr;
  const VersionInfo* version = nullptr;
  std::optional<absl::Duration> retry_after;
  // Where allowed: the denial that a policy in observe mode would have given; `policy` and `rule`
  // are then its.
  Reason observed = Reason::kNone;

  bool allowed() const { return reason == Reason::kNone; }
  bool enforced() const { return observed == Reason::kNone; }
  void Deny(Reason why, std::string text) {
    reason = why;
    observed = Reason::kNone;
    message = std::move(text);
  }
};

// The lease that the claims name, or why nothing can be decided.
absl::StatusOr<const Lease*> FindLease(const State& state, const LeaseTokenClaims& claims) {
  if (claims.epoch != state.epoch()) {
    return Error(Reason::kRestoredEpoch,
                 "the lease was issued before the store was restored; take a new one",
                 {.scope = ErrorDetail::Scope::kLease});
  }
  const Lease* lease = state.leases().Find(claims.lease);
  if (lease == nullptr) {
    return Error(Reason::kLeaseUnknown, "the token names a lease that was never issued");
  }
  return lease;
}

// A handle is bearer and counts only at adapters; a lease token only together with its agent.
absl::Status CheckPresenter(const State& state, UnixMillis now, const Principal& presenter,
                            const LeaseTokenClaims& claims) {
  if (claims.kind == TokenKind::kBrokerHandle && presenter.role != Role::kAdapter) {
    return Error(Reason::kHandleNotAllowed,
                 "a broker handle works at a broker only; present the lease token here");
  }
  // Whether the agent itself may act belongs to the decision, which is recorded.
  return CheckCredentials(state, presenter, now);
}

// What must hold of the lease itself, whatever it is used for.
bool JudgeLease(const State& state, UnixMillis now, const Lease& lease, const Principal& presenter,
                const LeaseTokenClaims& claims, Verdict& verdict) {
  if (claims.kind == TokenKind::kLeaseToken && presenter.agent != lease.agent) {
    verdict.visible = false;
    verdict.Deny(Reason::kLeaseNotBound, "the lease belongs to another agent");
    return false;
  }
  if (claims.kind == TokenKind::kLeaseToken) {
    if (absl::Status bound = CheckBinding(lease, presenter); !bound.ok()) {
      verdict.Deny(ReasonOf(bound), std::string(bound.message()));
      return false;
    }
  }
  if (Usability usable = state.CheckLease(lease, now); !usable.ok()) {
    verdict.Deny(usable.reason, std::string(LeaseError(lease, usable).message()));
    return false;
  }
  Reason why = Reason::kNone;
  verdict.version = state.VersionFor(lease, now, &why);
  if (verdict.version == nullptr) {
    verdict.Deny(why, "the secret has no version that can be used; ask its owner");
    return false;
  }
  return true;
}

// What the use does, for people: "POST", "a call of create_issue".
std::string Doing(const UseRequest& request) {
  return request.tool.empty() ? request.method : StrCat("a call of ", request.tool);
}

// The same behind "may not".
std::string Deed(const UseRequest& request) {
  return request.tool.empty() ? StrCat(request.method, " ", request.path)
                              : StrCat("call ", request.tool);
}

// What is recorded of an allowed use whose target keeps paths: "GET /repos/acme/x", "TOOL
// get_issue". What is too long for a text stays at the rule's pattern.
std::string ActionItself(const UseRequest& request, std::string by_rule) {
  std::string itself =
      request.tool.empty() ? Deed(request) : StrCat(kToolAction, " ", request.tool);
  return itself.size() <= Text::kBytesMax ? itself : std::move(by_rule);
}

// What delegations left out. The parents' narrowings are a part of each, and still all are asked.
void JudgeNarrowing(const LeaseChain& chain, const UseRequest& request, Verdict& verdict) {
  for (const Lease* lease : chain) {
    if (!lease->terms->narrowing.has_value()) continue;
    const LeaseNarrowing& narrowing = *lease->terms->narrowing;
    const bool target = narrowing.Allows(verdict.target->uid);
    if (target && !(narrowing.reads_only && verdict.write)) continue;
    verdict.rule = kNarrowingRule;
    verdict.Deny(Reason::kPolicyDenied,
                 target ? StrCat("the lease was delegated for reads only, and ", Doing(request),
                                 " is a write on ", request.target,
                                 "; do not retry, ask the agent that delegated it")
                        : StrCat("the lease was not delegated for target ", request.target,
                                 "; do not retry, ask the agent that delegated it"));
    return;
  }
}

void JudgePolicy(const State& state, UnixMillis now, const LeaseChain& chain,
                 const UseRequest& request, Verdict& verdict) {
  UseDecision decision = DecideUse(state, chain, now,
                                   {.target = request.target,
                                    .method = request.method,
                                    .path = request.path,
                                    .is_read = !verdict.write,
                                    .tool = request.tool,
                                    .arguments = request.arguments.get()});
  verdict.policy = decision.policy;
  verdict.rule = decision.rule;
  verdict.action = decision.allowed && verdict.target->target->records_paths()
                       ? ActionItself(request, std::move(decision.action))
                       : std::move(decision.action);
  verdict.visible = decision.visible;
  if (decision.allowed && decision.not_enforced) verdict.observed = decision.reason;
  if (!decision.allowed) {
    verdict.Deny(decision.reason,
                 decision.visible ? StrCat(state.entities().Find(chain.front()->agent)->name,
                                           " may not ", Deed(request), " on ", request.target, ": ",
                                           decision.hint, "; do not retry, ask an owner")
                                  : "policy does not allow this use; do not retry, ask an owner");
  }
}

// How often: the use limits of the chain, and the limits of policies. Last, since only a use that
// is allowed otherwise may be counted.
void JudgeCounts(const State& state, UnixMillis now, const LeaseChain& chain, Verdict& verdict) {
  if (const Lease* used_up = UsedUp(chain)) {
    verdict.Deny(
        Reason::kLeaseUseLimit,
        StrCat(
            used_up == chain.front() ? "the lease" : "the lease that this one was delegated from",
            " allowed ", used_up->terms->use_limit, " uses, and they are used up; take a new one"));
    return;
  }
  const EntityUid target = verdict.target == nullptr ? EntityUid() : verdict.target->uid;
  const LimitVerdict limits = CheckLimits(state, chain, target, now);
  if (limits.refusing == nullptr && limits.observing != nullptr && verdict.enforced()) {
    verdict.policy = limits.observing->policy;
    verdict.rule = limits.observing->rule;
    verdict.observed = Reason::kRateLimited;
  }
  if (limits.refusing == nullptr) return;
  verdict.policy = limits.refusing->policy;
  verdict.rule = limits.refusing->rule;
  verdict.retry_after = limits.retry_after;
  verdict.Deny(Reason::kRateLimited,
               StrCat("policy ", verdict.policy, " allows ", LimitWords(*limits.refusing),
                      ", and they are used up; retry after ",
                      DurationWords(absl::Ceil(limits.retry_after, absl::Seconds(1)))));
}

Verdict Judge(const State& state, UnixMillis now, const Lease& lease, const UseRequest& request,
              const LeaseTokenClaims& claims) {
  Verdict verdict;
  verdict.target = state.entities().FindByName(EntityKind::kTarget, request.target);
  if (verdict.target != nullptr) {
    const CompiledTarget& target = *verdict.target->target;
    verdict.write = request.tool.empty() ? !target.IsRead(request.method, request.path)
                                         : !target.IsToolRead(request.tool);
  }
  if (!JudgeLease(state, now, lease, request.presenter, claims, verdict)) {
    return verdict;
  }
  if (verdict.target == nullptr) {
    verdict.Deny(Reason::kTargetUnknown,
                 "there is no such target; check the spelling, or ask an operator to declare it");
    return verdict;
  }
  const Entity& secret = *state.entities().Find(lease.secret);
  if (!verdict.target->target->MayInject(secret.name)) {
    verdict.Deny(Reason::kTargetSecretMismatch,
                 StrCat("target ", request.target, " may not inject the secret ", secret.name,
                        "; do not retry, ask an operator"));
    return verdict;
  }
  const LeaseChain chain = ChainOf(state.leases(), lease);
  JudgeNarrowing(chain, request, verdict);
  if (verdict.allowed()) JudgePolicy(state, now, chain, request, verdict);
  if (verdict.allowed()) JudgeCounts(state, now, chain, verdict);
  return verdict;
}

struct Recording {
  const Lease& lease;
  const Principal& presenter;
  Adapter adapter;
  std::string_view trace_id;
  bool reveal = false;
};

// Appends the `use`, unless it is a refusal beyond those that become entries. The index where it
// did.
std::optional<LogIndex> Record(Transaction& tx, RefusalLimiter& limiter, const Recording& what,
                               const Verdict& verdict) {
  TextId policy = tx.DefineOptionalText(ledger::v1::TEXT_KIND_POLICY, verdict.policy);
  TextId rule = tx.DefineOptionalText(ledger::v1::TEXT_KIND_RULE, verdict.rule);
  EntityUid target = verdict.target == nullptr ? EntityUid() : verdict.target->uid;
  if (!verdict.allowed() &&
      !limiter.Admit(
          {.kind = what.reveal ? RefusalKind::kReveal : RefusalKind::kUse,
           .reason = verdict.reason,
           .agent = what.presenter.agent.empty() ? what.lease.agent : what.presenter.agent,
           .secret = what.lease.secret,
           .workflow = what.lease.workflow,
           .target = target,
           .policy = policy,
           .rule = rule},
          what.lease.number, tx.now())) {
    return std::nullopt;
  }
  Entry entry;
  ledger::v1::Use* use = entry.mutable_use();
  use->set_lease(what.lease.number.value());
  use->set_verdict(verdict.allowed() && verdict.enforced() ? ledger::v1::VERDICT_ALLOWED
                                                           : ledger::v1::VERDICT_DENIED);
  use->set_not_enforced(!verdict.enforced());
  use->set_adapter(static_cast<ledger::v1::Adapter>(what.adapter));
  use->set_target(target.value());
  use->set_action(tx.DefineOptionalText(ledger::v1::TEXT_KIND_ACTION, verdict.action).value());
  use->set_policy(policy.value());
  use->set_rule(rule.value());
  use->set_revision(tx.state().policies().revision().value());
  use->set_version(verdict.version == nullptr ? 0 : verdict.version->number.value());
  use->set_address(
      tx.DefineOptionalText(ledger::v1::TEXT_KIND_ADDRESS, what.presenter.address).value());
  use->set_reason(static_cast<uint32_t>(verdict.allowed() ? verdict.observed : verdict.reason));
  use->set_write(verdict.write);
  use->set_revealed(what.reveal && verdict.allowed());
  if (!what.presenter.agent.empty() && what.presenter.agent != what.lease.agent) {
    use->set_presenter(what.presenter.agent.value());
  }
  use->set_trace_id(std::string(what.trace_id));
  return tx.Append(std::move(entry));
}

JudgedUse ToReply(const State& state, const Lease& lease, Verdict verdict,
                  std::optional<LogIndex> entry) {
  JudgedUse judged;
  UseReply& reply = judged.reply;
  reply.allowed = verdict.allowed();
  reply.reason = verdict.reason;
  reply.revision = state.policies().revision();
  reply.entry = entry;
  reply.lease = lease.number;
  reply.write = verdict.write;
  reply.message = std::move(verdict.message);
  reply.retry_after = verdict.retry_after;
  reply.observed = verdict.observed;
  if (verdict.visible) {
    reply.policy = std::move(verdict.policy);
    reply.rule = std::move(verdict.rule);
  }
  if (reply.allowed) {
    judged.version = {lease.secret, verdict.version->number};
    if (verdict.target != nullptr) {
      reply.target = verdict.target->target;
    }
  }
  return judged;
}

}  // namespace

absl::StatusOr<JudgedUse> Use(Transaction& tx, RefusalLimiter& limiter, const UseRequest& request,
                              const LeaseTokenClaims& claims) {
  ASSIGN_OR_RETURN(const Lease* lease, FindLease(tx.state(), claims));
  RETURN_IF_ERROR(CheckPresenter(tx.state(), tx.now(), request.presenter, claims));
  Verdict verdict = Judge(tx.state(), tx.now(), *lease, request, claims);
  std::optional<LogIndex> entry = Record(tx, limiter,
                                         {.lease = *lease,
                                          .presenter = request.presenter,
                                          .adapter = request.adapter,
                                          .trace_id = request.trace_id},
                                         verdict);
  return ToReply(tx.state(), *lease, std::move(verdict), entry);
}

absl::StatusOr<JudgedUse> Reveal(Transaction& tx, RefusalLimiter& limiter,
                                 const RevealRequest& request) {
  const State& state = tx.state();
  ASSIGN_OR_RETURN(const Lease* lease, FindLease(state, request.claims));
  if (request.claims.kind != TokenKind::kLeaseToken) {
    return Error(Reason::kHandleNotAllowed,
                 "a broker handle never reveals a value; present the lease token");
  }
  RETURN_IF_ERROR(CheckPresenter(state, tx.now(), request.principal, request.claims));
  Verdict verdict;
  verdict.write = false;
  if (JudgeLease(state, tx.now(), *lease, request.principal, request.claims, verdict)) {
    UseDecision decision =
        state.policies().current().DecideReveal(LeaseSubject(state, tx.now(), *lease).get());
    verdict.policy = decision.policy;
    verdict.rule = decision.rule;
    verdict.action = std::move(decision.action);
    verdict.visible = decision.visible;
    if (lease->delivery != Delivery::kRevealed) {
      verdict.Deny(Reason::kDeliveryNotAllowed,
                   "the lease is brokered: its value is never given out; use a broker");
    } else if (!decision.allowed) {
      verdict.Deny(decision.reason,
                   "policy no longer allows revealing this secret; do not retry, ask an owner");
    } else {
      if (decision.not_enforced) verdict.observed = decision.reason;
      JudgeCounts(state, tx.now(), ChainOf(state.leases(), *lease), verdict);
    }
  }
  std::optional<LogIndex> entry = Record(tx, limiter,
                                         {.lease = *lease,
                                          .presenter = request.principal,
                                          .adapter = Adapter::kGrpc,
                                          .trace_id = request.trace_id,
                                          .reveal = true},
                                         verdict);
  JudgedUse judged = ToReply(state, *lease, std::move(verdict), entry);
  if (!judged.reply.allowed) {
    ErrorDetail detail{.scope = ErrorDetail::Scope::kLease,
                       .retry_after = judged.reply.retry_after};
    if (entry.has_value()) {
      detail.metadata.emplace_back("entry", StrCat(entry->value()));
    }
    return Error(judged.reply.reason, judged.reply.message, std::move(detail));
  }
  return judged;
}

}  // namespace leasehold
