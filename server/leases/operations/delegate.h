#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_DELEGATE_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_DELEGATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/base/name.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"
#include "server/leases/operations/acquire.h"
#include "server/leases/refusal_limiter.h"

namespace leasehold {

// What an agent gives another of its own lease.
struct DelegateRequest {
  Principal principal;
  LeaseNumber lease;
  Epoch epoch;
  Name agent;                         // who receives it
  std::optional<absl::Duration> ttl;  // none: until the lease ends
  uint64_t use_limit = 0;             // 0 = none of its own
  std::vector<std::string> targets;   // names without "targets/"; empty = those of the lease
  bool reads_only = false;
  std::string request_hash;  // see RequestHash; empty without a request id
};

// A list longer than this is no narrowing.
inline constexpr size_t kDelegatedTargetsMax = 64;

// Issues a lease to another agent that is no wider than the one it comes from: no longer, no more
// uses, no other targets, no more than reads. It hangs on that lease for all its life. Only
// brokered leases are delegated: who holds a value cannot be narrowed. Nor are those that somebody
// approved for one agent, or that are bound to one's certificate or OS user.
//
// DELEGATION_FORBIDDEN names what is wider or why not; the reasons of the lease, where it is not
// usable; HELD where anybody of the chain is; POLICY_DENIED; NOT_FOUND for an agent or target that
// is not there. Refusals are recorded.
absl::StatusOr<AcquireResult> Delegate(Transaction& tx, RefusalLimiter& limiter,
                                       const DelegateRequest& request);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_DELEGATE_H_
