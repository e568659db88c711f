#ifndef LEASEHOLD_SERVER_API_LEASE_DESCRIPTION_H_
#define LEASEHOLD_SERVER_API_LEASE_DESCRIPTION_H_

#include "absl/status/statusor.h"
#include "leasehold/v1/lease.pb.h"
#include "server/base/principal.h"
#include "server/leases/lease_authority.h"
#include "server/leases/operations/acquire.h"
#include "server/leases/operations/delegate.h"

namespace leasehold {

// A lease as the API shows it, at `now`.
v1::Lease DescribeLease(const State& state, const Lease& lease, UnixMillis now);

// From an API request: checked names, times and limits. INVALID_ARGUMENT names the field.
absl::StatusOr<AcquireRequest> ParseAcquireRequest(const Principal& principal,
                                                   const v1::AcquireLeaseRequest& request);

// The same for a delegation. `tokens` proves the lease that is delegated from.
absl::StatusOr<DelegateRequest> ParseDelegateRequest(const Principal& principal,
                                                     const LeaseTokens& tokens,
                                                     const v1::DelegateLeaseRequest& request);

// The answer to a lease that was taken and is published.
absl::StatusOr<v1::AcquireLeaseResponse> DescribeAcquired(LeaseAuthority& authority,
                                                          const AcquireResult& result);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_LEASE_DESCRIPTION_H_
