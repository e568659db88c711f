// What a use is counted for: leases and rate windows.

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/lease_chain.h"
#include "server/leases/state/rate_charges.h"
#include "server/leases/state/state.h"

namespace leasehold {

EntityUid State::DelegatorOf(const Lease& lease) const {
  return lease.terms->parent.empty() ? EntityUid() : ChainOf(leases_, lease).back()->agent;
}

void State::CountUse(Lease& lease, const ledger::v1::Use& use) {
  const bool allowed = use.verdict() == ledger::v1::VERDICT_ALLOWED;
  if (!allowed && !use.not_enforced()) {
    ++lease.denied_uses;
    return;
  }
  const LeaseChain chain = ChainOf(leases_, lease);
  for (const Lease* each : chain) {
    Lease* counted = leases_.FindMutable(each->number);
    ++counted->allowed_uses;
    counted->last_allowed_use = LogIndex(size_);
  }
  for (const RateCharge& charge :
       RateChargesOf(*this, chain, EntityUid(use.target()), last_time_)) {
    const CompiledLimit& limit = *charge.limit;
    // What it would have refused, was its policy enforced, would not have counted either.
    if (!allowed && limit.ObservedAt(last_time_.ToTime())) continue;
    rates_.Charge(charge.key, limit.per, limit.max, last_time_);
  }
}

}  // namespace leasehold
