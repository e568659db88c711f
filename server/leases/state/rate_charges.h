#ifndef LEASEHOLD_SERVER_LEASES_STATE_RATE_CHARGES_H_
#define LEASEHOLD_SERVER_LEASES_STATE_RATE_CHARGES_H_

#include "absl/container/inlined_vector.h"
#include "server/leases/state/lease_chain.h"
#include "server/leases/state/rate_windows.h"
#include "server/policy/decision.h"

namespace leasehold {

class State;

// A counter that a use is charged to, and the limit that it must keep.
struct RateCharge {
  const CompiledLimit* limit;  // of the policies in force
  RateKey key;
};
using RateCharges = absl::InlinedVector<RateCharge, 8>;

// What a use by the first of `chain` counts for: it counts as a use by every agent of the chain,
// under the limits of all policies that cover that agent. What several of them count together (by
// secret, by policy, ...) is charged once. `target` is empty where a value is revealed.
RateCharges RateChargesOf(const State& state, const LeaseChain& chain, EntityUid target,
                          UnixMillis now);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_RATE_CHARGES_H_
