#include "server/logging/log_limiter.h"

#include <catch2/catch.hpp>

namespace leasehold {
namespace {

TEST_CASE("the first line is admitted at once, and those soon after are counted", "[logging]") {
  LogLimiter limiter(absl::Seconds(10));
  CHECK(limiter.AdmitAt(absl::Seconds(5)) == 0U);
  CHECK_FALSE(limiter.AdmitAt(absl::Seconds(5)).has_value());
  CHECK_FALSE(limiter.AdmitAt(absl::Seconds(14)).has_value());
  CHECK(limiter.AdmitAt(absl::Seconds(15)) == 2U);
  CHECK_FALSE(limiter.AdmitAt(absl::Seconds(24)).has_value());
  CHECK(limiter.AdmitAt(absl::Seconds(100)) == 1U);
  CHECK(limiter.AdmitAt(absl::Seconds(200)) == 0U);
}

TEST_CASE("the machine's clock admits the first line and leaves out the next", "[logging]") {
  LogLimiter limiter(absl::Hours(1));
  CHECK(limiter.Admit() == 0U);
  CHECK_FALSE(limiter.Admit().has_value());
}

}  // namespace
}  // namespace leasehold
