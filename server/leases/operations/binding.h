#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_BINDING_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_BINDING_H_

#include <optional>

#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"
#include "server/base/principal.h"
#include "server/leases/state/lease.h"
#include "server/policy/decision.h"

namespace leasehold {

// What a lease's token has to be presented together with, beside the identity of its agent.
struct LeaseBinding {
  Binding binding = Binding::kIdentity;
  // SHA-256 of the client certificate, or of the OS user as a principal names it ("uid=1000").
  std::optional<Hash> proof;
};

// The binding of a lease that `principal` takes under a policy that wants `binding`.
// LEASE_NOT_BOUND where the caller shows nothing that it could be bound to.
absl::StatusOr<LeaseBinding> BindLease(Binding binding, const Principal& principal);

// LEASE_NOT_BOUND where `presenter` does not show what the lease is bound to. For whoever presents
// the lease token: a handle is bearer, and so is worth less: where a lease is bound to more than an
// identity, its agent should not hand the handle on.
absl::Status CheckBinding(const Lease& lease, const Principal& presenter);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_BINDING_H_
