#ifndef LEASEHOLD_SERVER_POLICY_POLICY_LIMITS_H_
#define LEASEHOLD_SERVER_POLICY_POLICY_LIMITS_H_

#include <cstddef>
#include <cstdint>

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

// Tried in turn at each use; a token's user has at most 1,024 bytes, and matching is at worst as
// many steps as the product of both.
inline constexpr size_t kUserPatternBytesMax = 256;

// All hold at once: one a scope and a few spans of time is what people write.
inline constexpr size_t kLimitsPerPolicyMax = 16;
// Above it a number is no limit but a mistake; below it no product of ours overflows.
inline constexpr uint64_t kLimitUsesMax = 1'000'000'000;
inline constexpr absl::Duration kLimitPerMin = absl::Seconds(1);
// A month of any length.
inline constexpr absl::Duration kLimitPerMax = absl::Hours(31 * 24);

// One a day of the week and then some, each tried in turn.
inline constexpr size_t kWindowsPerPolicyMax = 32;

// More people do not read what they approve.
inline constexpr uint32_t kApproversMax = 10;
inline constexpr uint32_t kApprovalUsesMax = 1'000;
// Shorter, nobody could answer or take the lease; longer, it is a standing right.
inline constexpr absl::Duration kApprovalTimeMin = absl::Minutes(1);
inline constexpr absl::Duration kApprovalTimeMax = absl::Hours(30 * 24);
inline constexpr absl::Duration kApprovalValidDefault = absl::Hours(1);
inline constexpr absl::Duration kApprovalExpiresDefault = absl::Hours(24);

// MCP asks for at most 128; the pattern is recorded in a Text.
inline constexpr size_t kToolNameBytesMax = 256;
inline constexpr size_t kToolArgsMax = 32;
// An expression that is longer is read by nobody.
inline constexpr size_t kExpressionBytesMax = 512;
// Instructions: bounds what one match costs, a step an instruction and byte at worst.
inline constexpr int kExpressionProgramMax = 1'000;
// What RE2 may take for one, mostly while matching; with the number of them, 64 MiB a set.
inline constexpr int kExpressionMemoryBytes = 64 * 1024;
inline constexpr size_t kSetExpressionsMax = 1'000;

// Long enough to see a month's work; a policy that is never enforced is none.
inline constexpr absl::Duration kObserveMax = absl::Hours(30 * 24);

// Of one agent's leases; more than one takes in a day of seconds.
inline constexpr uint32_t kMaxActiveMax = 1'000'000;

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_POLICY_LIMITS_H_
