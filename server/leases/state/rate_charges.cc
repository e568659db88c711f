#include "server/leases/state/rate_charges.h"

#include <algorithm>

#include "server/leases/state/lease_subject.h"
#include "server/leases/state/state.h"

namespace leasehold {
namespace {

uint64_t ScopeOf(LimitBy by, const Lease& lease, EntityUid target) {
  switch (by) {
    case LimitBy::kAgent:
      return lease.agent.value();
    case LimitBy::kSecret:
      return lease.secret.value();
    case LimitBy::kWorkflow:
      return lease.workflow.value();
    case LimitBy::kUser:
      return lease.terms->user.value();
    case LimitBy::kLease:
      return lease.number.value();
    case LimitBy::kTarget:
      return target.value();
    case LimitBy::kPolicy:
      return 0;
  }
  return 0;
}

}  // namespace

RateCharges RateChargesOf(const State& state, const LeaseChain& chain, EntityUid target,
                          UnixMillis now) {
  RateCharges charges;
  const CompiledPolicies& policies = state.policies().current();
  if (!policies.HasLimits()) return charges;
  for (const Lease* lease : chain) {
    const LeaseSubject subject(state, now, *lease);
    for (const CompiledLimit* limit : policies.LimitsOf(subject.get())) {
      const RateKey key{limit->key, ScopeOf(limit->by, *lease, target)};
      const bool known = std::any_of(charges.begin(), charges.end(),
                                     [&](const RateCharge& charge) { return charge.key == key; });
      if (!known) charges.push_back({limit, key});
    }
  }
  return charges;
}

}  // namespace leasehold
