#include "server/leases/operations/chain_policy.h"

#include <algorithm>

#include "server/base/str_cat.h"
#include "server/leases/state/lease_subject.h"

namespace leasehold {
namespace {

// What denies somebody below the root of `chain`: an enforced policy, or else an observed one.
DenyDecision DenyBelowRoot(const State& state, const LeaseChain& chain, UnixMillis now) {
  DenyDecision denying;
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    const LeaseSubject subject(state, now, *chain[i]);
    DenyDecision deny = state.policies().current().DecideDeny(subject.get());
    if (deny.denied) return deny;
    if (!denying.not_enforced.any()) denying.not_enforced = deny.not_enforced;
  }
  return denying;
}

}  // namespace

LeaseDecision DecideKeeping(const State& state, const LeaseChain& chain, UnixMillis now) {
  const LeaseSubject root(state, now, *chain.back());
  LeaseDecision decision =
      state.policies().current().DecideLease(root.get(), chain.front()->delivery);
  if (!decision.allowed || chain.size() == 1) return decision;
  const DenyDecision deny = DenyBelowRoot(state, chain, now);
  if (deny.denied) {
    decision.allowed = false;
    decision.reason = Reason::kPolicyDenied;
    decision.policy = deny.policy;
  } else if (!decision.not_enforced.any()) {
    decision.not_enforced = deny.not_enforced;
  }
  return decision;
}

UseDecision DecideUse(const State& state, const LeaseChain& chain, UnixMillis now, UseQuery query) {
  const LeaseSubject root(state, now, *chain.back());
  query.subject = root.get();
  UseDecision decision = state.policies().current().DecideUse(query);
  if (!decision.allowed || chain.size() == 1) return decision;
  const DenyDecision deny = DenyBelowRoot(state, chain, now);
  const bool observed = !deny.denied && deny.not_enforced.any() && !decision.not_enforced;
  if (!deny.denied && !observed) return decision;
  decision.allowed = observed;
  decision.not_enforced = observed;
  decision.reason = observed ? deny.not_enforced.reason : Reason::kPolicyDenied;
  decision.policy = observed ? deny.not_enforced.policy : deny.policy;
  decision.rule = "deny";
  decision.hint = StrCat("policy ", decision.policy, " denies it");
  decision.action.resize(std::min(decision.action.size(), decision.action.find(' ')));
  return decision;
}

const Hold* HoldOver(const State& state, const LeaseChain& chain) {
  for (const Lease* lease : chain) {
    const std::vector<EntityUid> groups = GroupsNowOf(state, *lease);
    if (const Hold* hold = state.holds().Blocking({.agent = lease->agent,
                                                   .secret = lease->secret,
                                                   .workflow = lease->workflow,
                                                   .user = lease->terms->user,
                                                   .groups = groups})) {
      return hold;
    }
  }
  return nullptr;
}

}  // namespace leasehold
