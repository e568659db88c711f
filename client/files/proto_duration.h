#ifndef LEASEHOLD_CLIENT_FILES_PROTO_DURATION_H_
#define LEASEHOLD_CLIENT_FILES_PROTO_DURATION_H_

#include "absl/time/time.h"

namespace google::protobuf {
class Duration;
}

namespace leasehold {

// Within kDurationTextMax of zero nothing is lost but what is below a nanosecond.
void SetProtoDuration(absl::Duration duration, google::protobuf::Duration* out);
absl::Duration FromProtoDuration(const google::protobuf::Duration& duration);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_PROTO_DURATION_H_
