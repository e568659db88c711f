#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_STANDING_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_STANDING_H_

#include "absl/status/status.h"
#include "server/base/principal.h"
#include "server/leases/state/state.h"

namespace leasehold {

// Whether somebody may have leases at all, in words for agents.

// Of an agent that calls: its token not revoked, itself there and its time not over.
absl::Status CheckCaller(const State& state, const Principal& principal, UnixMillis now);

// What a hold says, without the operator's reason, which is not the agent's business.
absl::Status HeldError(const Hold& hold);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_STANDING_H_
