#include "server/policy/message_checks.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>

#include "leasehold/v1/policy.pb.h"

namespace leasehold {
namespace {

TEST_CASE("a field that this build does not know is found at every depth", "[policy][messages]") {
  v1::PolicySet set;
  v1::Policy* policy = set.add_policies();
  policy->mutable_lease()->mutable_ttl()->set_seconds(60);
  policy->add_allow()->set_target("github");
  REQUIRE_FALSE(HasUnknownFields(set));
  google::protobuf::Message* const messages[] = {&set, policy, policy->mutable_lease(),
                                                 policy->mutable_lease()->mutable_ttl(),
                                                 policy->mutable_allow(0)};
  google::protobuf::Message* const message = messages[GENERATE(range(0, 5))];
  message->GetReflection()->MutableUnknownFields(message)->AddVarint(999, 1);
  CHECK(HasUnknownFields(set));
}

TEST_CASE("a duration is taken where protobuf calls it valid", "[policy][messages]") {
  struct Row {
    int64_t seconds;
    int32_t nanos;
    std::optional<absl::Duration> duration;
  };
  const Row row = GENERATE(values<Row>({
      {0, 0, absl::ZeroDuration()},
      {1, 500'000'000, absl::Milliseconds(1500)},
      {-1, -500'000'000, absl::Milliseconds(-1500)},
      {315'576'000'000, 999'999'999, absl::Seconds(315'576'000'001) - absl::Nanoseconds(1)},
      {315'576'000'001, 0, std::nullopt},
      {-315'576'000'001, 0, std::nullopt},
      {1, -1, std::nullopt},
      {-1, 1, std::nullopt},
      {0, 1'000'000'000, std::nullopt},
      {0, -1'000'000'000, std::nullopt},
  }));
  google::protobuf::Duration duration;
  duration.set_seconds(row.seconds);
  duration.set_nanos(row.nanos);
  CHECK(ToDuration(duration) == row.duration);
}

}  // namespace
}  // namespace leasehold
