#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_RATE_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_RATE_H_

#include <string>

#include "absl/time/time.h"
#include "server/leases/state/lease_chain.h"
#include "server/leases/state/state.h"
#include "server/policy/decision.h"

namespace leasehold {

// What the limits say about one use more.
struct LimitVerdict {
  // The first limit that is used up and refuses it; nullptr = none.
  const CompiledLimit* refusing = nullptr;
  // After so long it is not refused, unless others use up what becomes free. Only with `refusing`.
  absl::Duration retry_after;
  // The first that would refuse it, was its policy enforced; nullptr = none.
  const CompiledLimit* observing = nullptr;
};
LimitVerdict CheckLimits(const State& state, const LeaseChain& chain, EntityUid target,
                         UnixMillis now);

// "60 uses in 1m for each agent".
std::string LimitWords(const CompiledLimit& limit);

// The lease of `chain` whose use_limit is used up, or nullptr.
const Lease* UsedUp(const LeaseChain& chain);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_RATE_H_
