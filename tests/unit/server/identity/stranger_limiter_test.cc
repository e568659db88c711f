#include "server/identity/stranger_limiter.h"

#include <catch2/catch.hpp>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'800'000'000);

}  // namespace

TEST_CASE("one address has a burst of attempts and then one each six seconds") {
  StrangerLimiter limiter;
  for (int i = 0; i < 10; ++i) CHECK(limiter.Admit("192.0.2.1", kStart).ok());
  const absl::Status refused = limiter.Admit("192.0.2.1", kStart);
  REQUIRE(ReasonOf(refused) == Reason::kRateLimited);
  // Another address is not concerned; and coming again when told is enough.
  CHECK(limiter.Admit("192.0.2.2", kStart).ok());
  const absl::Time again = kStart + *DetailOf(refused).retry_after;
  CHECK(again <= kStart + absl::Seconds(6));
  CHECK_FALSE(limiter.Admit("192.0.2.1", again - absl::Milliseconds(1)).ok());
  CHECK(limiter.Admit("192.0.2.1", again + absl::Milliseconds(1)).ok());
  CHECK_FALSE(limiter.Admit("192.0.2.1", again + absl::Milliseconds(1)).ok());
}

TEST_CASE("many addresses together are slowed down too") {
  StrangerLimiter limiter;
  int admitted = 0;
  for (int i = 0; i < 10'000; ++i) {
    admitted += limiter.Admit(StrCat("2001:db8::", i), kStart).ok() ? 1 : 0;
  }
  CHECK(admitted == 100);
  CHECK(limiter.Admit("192.0.2.1", kStart + absl::Milliseconds(51)).ok());
}

TEST_CASE("a clock that goes back gives nobody attempts and takes none for good") {
  StrangerLimiter limiter;
  for (int i = 0; i < 10; ++i) CHECK(limiter.Admit("a", kStart).ok());
  CHECK_FALSE(limiter.Admit("a", kStart - absl::Hours(1)).ok());
  CHECK(limiter.Admit("a", kStart + absl::Seconds(7)).ok());
}

}  // namespace leasehold
