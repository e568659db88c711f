#ifndef LEASEHOLD_SERVER_API_USE_DESCRIPTION_H_
#define LEASEHOLD_SERVER_API_USE_DESCRIPTION_H_

#include "absl/status/statusor.h"
#include "leasehold/v1/use.pb.h"
#include "server/base/principal.h"
#include "server/leases/point_of_use.h"

namespace leasehold {

// From an API request. INVALID_ARGUMENT names the field; TOO_LARGE for a tool's arguments. These
// take up to a millisecond to read, so a request that has some is not parsed where others wait.
absl::StatusOr<UseRequest> ParseUseRequest(const Principal& principal,
                                           const v1::AuthorizeUseRequest& request);

v1::AuthorizeUseResponse DescribeUse(const UseReply& reply);

// One outcome of a batch.
v1::AuthorizeUseResult DescribeUseResult(const absl::StatusOr<UseReply>& reply);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_USE_DESCRIPTION_H_
