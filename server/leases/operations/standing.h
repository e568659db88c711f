#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_STANDING_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_STANDING_H_

#include "absl/status/status.h"
#include "server/leases/state/state.h"

namespace leasehold {

// What a hold says to an agent that wants a lease: without the operator's reason, which is not the
// agent's business.
absl::Status HeldError(const Hold& hold);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_STANDING_H_
