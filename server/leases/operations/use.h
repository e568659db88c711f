#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_USE_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_USE_H_

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/leases/committer/transaction.h"
#include "server/leases/lease_tokens.h"
#include "server/leases/point_of_use.h"
#include "server/leases/refusal_limiter.h"

namespace leasehold {

// A judged use and which version's value goes with it.
struct JudgedUse {
  UseReply reply;      // without credential
  VersionKey version;  // empty where denied
};

// Judges one use at its place in the ledger and records the decision. `claims` were checked by
// LeaseTokens; everything else is decided here. Errors (nothing decided, nothing recorded):
// RESTORED_EPOCH, LEASE_UNKNOWN, HANDLE_NOT_ALLOWED, CREDENTIAL_REVOKED.
absl::StatusOr<JudgedUse> Use(Transaction& tx, RefusalLimiter& limiter, const UseRequest& request,
                              const LeaseTokenClaims& claims);

struct RevealRequest {
  Principal principal;
  LeaseTokenClaims claims;
  std::string trace_id;
};

// Decides whether the agent may have the value, and records that it got it. A refusal is recorded
// and returned as an error.
absl::StatusOr<JudgedUse> Reveal(Transaction& tx, RefusalLimiter& limiter,
                                 const RevealRequest& request);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_USE_H_
