#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_ACQUIRE_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_ACQUIRE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/base/name.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"
#include "server/leases/refusal_limiter.h"
#include "server/policy/decision.h"

namespace leasehold {

struct AcquireRequest {
  Principal principal;
  Name secret;
  // Empty: the lease follows the newest version that is enabled.
  VersionNumber version;
  Name workflow;
  std::string run;      // a Text, or empty
  std::string purpose;  // a Text that approvers read, or empty
  std::optional<absl::Duration> ttl;
  Delivery delivery = Delivery::kBrokered;
  uint64_t use_limit = 0;    // at most so many uses; 0 = no limit
  std::string request_hash;  // see RequestHash; empty without a request id
};

struct AcquireResult {
  LeaseNumber lease;
  Epoch epoch;
};

// Takes a lease, or says why not: INVALID_ARGUMENT, HELD, POLICY_DENIED, ... where a policy shows
// the secret to the agent, and one constant answer where none does or the secret does not exist.
// Refusals are recorded.
absl::StatusOr<AcquireResult> Acquire(Transaction& tx, RefusalLimiter& limiter,
                                      const AcquireRequest& request);

struct RenewRequest {
  Principal principal;
  LeaseNumber lease;
  Epoch epoch;
  std::optional<absl::Duration> ttl;
};

// Moves the expiry to now + ttl, cut to the lease's maximum and to the end of the lease that it was
// delegated from; judged anew. LEASE_MAX_TTL where it lasts that long already.
absl::StatusOr<AcquireResult> Renew(Transaction& tx, RefusalLimiter& limiter,
                                    const RenewRequest& request);

struct ReleaseRequest {
  LeaseNumber lease;
  Epoch epoch;
  // Where set, the lease must be this agent's.
  EntityUid agent;
};

// Gives a lease back; nothing changes where it was already. NOT_FOUND.
absl::StatusOr<AcquireResult> Release(Transaction& tx, const ReleaseRequest& request);

// The error for a lease that cannot be used: which reason, in words for its agent.
absl::Status LeaseError(const Lease& lease, const Usability& usability);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_ACQUIRE_H_
