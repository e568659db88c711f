#ifndef LEASEHOLD_CLIENT_CLI_LEASE_REQUEST_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_REQUEST_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "client/cli/arguments/parser.h"
#include "client/cli/reference.h"

namespace leasehold {

namespace v1 {
class AcquireLeaseRequest;
}  // namespace v1

// A request for a lease on what `reference` names, with --workflow (else LEASEHOLD_WORKFLOW),
// --run (else LEASEHOLD_RUN), --purpose, --ttl, --use-limit and --request-id. Delivery is left to
// the caller.
absl::StatusOr<v1::AcquireLeaseRequest> LeaseRequest(const Arguments& args,
                                                     std::string_view reference);

// --use-limit
Flag UseLimitFlag();
// 0 where it is not given.
absl::StatusOr<uint64_t> ParseUseLimit(const Arguments& args);

// `error`; where an operator was refused what only agents may do, with the hint how to be one.
absl::Status ForAgents(const absl::Status& error);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_REQUEST_H_
