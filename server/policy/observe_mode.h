#ifndef LEASEHOLD_SERVER_POLICY_OBSERVE_MODE_H_
#define LEASEHOLD_SERVER_POLICY_OBSERVE_MODE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace leasehold::v1 {
class PolicySet;
}

namespace leasehold {

// Gives each policy of `set` that is in observe mode and says nothing about it the time at which
// that ends: the one that it has in `in_force`, where it is the same policy otherwise, so that
// applying a file again does not prolong it; else kObserveMax from `now`. INVALID_ARGUMENT, naming
// the policy, for a time that lies further ahead. One that has passed is kept: the policy is
// enforced.
absl::Status FillObserveUntil(const v1::PolicySet& in_force, absl::Time now, v1::PolicySet* set);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_OBSERVE_MODE_H_
