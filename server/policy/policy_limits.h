#ifndef LEASEHOLD_SERVER_POLICY_POLICY_LIMITS_H_
#define LEASEHOLD_SERVER_POLICY_POLICY_LIMITS_H_

#include <cstddef>

#include "absl/time/time.h"

namespace leasehold {

// How large a policy set may be. A set of this size takes some tens of megabytes when compiled,
// and every use is judged against it while others wait.
inline constexpr size_t kPoliciesMax = 10'000;
// Rules of one policy are tried in turn at each use it covers.
inline constexpr size_t kRulesPerPolicyMax = 100;
// Entries of one list (agents, groups, workflows, secrets, methods, paths), tried in turn too.
inline constexpr size_t kListEntriesMax = 256;
// Entries of all lists of a set: ten for each policy of the largest set. At about 200 bytes each
// they bound what a set takes in memory.
inline constexpr size_t kSetEntriesMax = 100'000;

// A lease shorter than this would be over before its answer has arrived.
inline constexpr absl::Duration kLeaseTtlMin = absl::Seconds(1);
// Longer than this, a lease is a standing credential: nobody looks at it again for a month.
inline constexpr absl::Duration kLeaseTtlMax = absl::Hours(30 * 24);
// A quarter: what still runs then is taken anew, by a decision of that day.
inline constexpr absl::Duration kLeaseMaxTtlMax = absl::Hours(90 * 24);
// Where a policy says nothing.
inline constexpr absl::Duration kLeaseTtlDefault = absl::Minutes(15);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_POLICY_LIMITS_H_
