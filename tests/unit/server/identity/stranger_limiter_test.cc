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
    const bool own = limiter.Admit(StrCat("2001:db8:0:", i, "::1"), kStart).ok();
    admitted += own && limiter.AdmitWellFormed(kStart).ok() ? 1 : 0;
  }
  CHECK(admitted == 100);
  CHECK(ReasonOf(limiter.AdmitWellFormed(kStart)) == Reason::kRateLimited);
  CHECK(limiter.AdmitWellFormed(kStart + absl::Milliseconds(51)).ok());
}

TEST_CASE("addresses that one stranger owns are one address") {
  struct Row {
    const char* one;
    const char* another;
    bool same;
  };
  const Row row = GENERATE(values<Row>({
      {"2001:db8:0:1::1", "2001:db8:0:1:ffff:ffff:ffff:ffff", true},
      {"2001:db8:0:1::1", "2001:db8:0:2::1", false},
      {"127.0.0.1", "127.9.8.7", true},
      {"127.0.0.1", "::1", true},
      {"::ffff:192.0.2.1", "192.0.2.1", true},
      {"::ffff:192.0.2.1", "::ffff:192.0.2.2", false},
      {"192.0.2.1", "192.0.2.2", false},
      {"127.0.0.1", "unix", false},
      {"unix", "unknown", false},
  }));
  CAPTURE(row.one, row.another);
  StrangerLimiter limiter;
  for (int i = 0; i < 10; ++i) CHECK(limiter.Admit(row.one, kStart).ok());
  CHECK(limiter.Admit(row.another, kStart).ok() == !row.same);
}

TEST_CASE("what has not the form of a token takes nothing from those who have one") {
  StrangerLimiter limiter;
  for (int i = 0; i < 1'000; ++i) {
    CHECK(limiter.Admit(StrCat("192.0.", i / 250, ".", i % 250), kStart).ok());
  }
  CHECK(limiter.AdmitWellFormed(kStart).ok());
}

TEST_CASE("a clock that goes back gives nobody attempts and takes none for good") {
  StrangerLimiter limiter;
  for (int i = 0; i < 10; ++i) CHECK(limiter.Admit("a", kStart).ok());
  CHECK_FALSE(limiter.Admit("a", kStart - absl::Hours(1)).ok());
  CHECK(limiter.Admit("a", kStart + absl::Seconds(7)).ok());
}

}  // namespace leasehold
