#include "client/files/proto_duration.h"

#include <google/protobuf/duration.pb.h>

#include <catch2/catch.hpp>

namespace leasehold {
namespace {

TEST_CASE("a duration goes into a message and back", "[files][duration]") {
  const absl::Duration duration =
      GENERATE(values({absl::ZeroDuration(), absl::Nanoseconds(1), absl::Milliseconds(1500),
                       absl::Hours(24 * 36'500), -absl::Milliseconds(1500)}));
  google::protobuf::Duration message;
  SetProtoDuration(duration, &message);
  CHECK(FromProtoDuration(message) == duration);
  // Both parts have one sign, as protobuf wants it.
  CHECK((message.seconds() >= 0 || message.nanos() <= 0));
}

}  // namespace
}  // namespace leasehold
