#ifndef LEASEHOLD_SERVER_API_STATUS_MAPPING_H_
#define LEASEHOLD_SERVER_API_STATUS_MAPPING_H_

#include <string>

#include "absl/status/status.h"

namespace grpc {
class Status;
}

namespace leasehold {

// The one way from our errors to gRPC's: the canonical code of the reason, the message followed by
// ` [REASON key=value ...]`, and google.rpc.ErrorInfo (and RetryInfo where a retry helps) in the
// details. A status that has no reason becomes INTERNAL and says nothing, since nobody checked
// what stands in it.
grpc::Status ToGrpcStatus(const absl::Status& status);

// "message [REASON rule=allow[0]]".
std::string MessageWithReason(const absl::Status& status);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_STATUS_MAPPING_H_
