#include "server/base/clock.h"

#include <catch2/catch.hpp>

#include "absl/time/clock.h"

namespace leasehold {
namespace {

constexpr absl::Duration kMinute = absl::Minutes(1);

TEST_CASE("the system clock reads the machine's clocks", "[base][clock]") {
  const SystemClock clock;
  const absl::Time before = absl::Now();
  const ClockReading first = clock.Now();
  const ClockReading second = clock.Now();
  CHECK(second.since_boot >= first.since_boot);
  CHECK(first.since_boot > absl::ZeroDuration());
  // A day of slack: the test is about the epoch and the unit, not about a wall clock that is set.
  CHECK(first.wall > before - absl::Hours(24));
  CHECK(first.wall < before + absl::Hours(24));
}

TEST_CASE("the boot id is the same for the whole boot", "[base][clock]") {
  const SystemClock clock;
  CHECK_FALSE(clock.BootId().empty());
  CHECK(clock.BootId() == SystemClock().BootId());
}

TEST_CASE("a manual clock moves only when told to", "[base][clock]") {
  const absl::Time start = absl::FromUnixSeconds(1'700'000'000);
  ManualClock clock(start);
  CHECK(clock.Now().wall == start);
  CHECK(clock.Now().since_boot == absl::ZeroDuration());
  CHECK(clock.BootId() == "boot-1");

  SECTION("time that passes moves both clocks") {
    clock.Advance(kMinute);
    CHECK(clock.Now().wall == start + kMinute);
    CHECK(clock.Now().since_boot == kMinute);
  }
  SECTION("a step moves the wall clock alone, either way") {
    clock.StepWall(-kMinute);
    CHECK(clock.Now().wall == start - kMinute);
    clock.StepWall(3 * kMinute);
    CHECK(clock.Now().wall == start + 2 * kMinute);
    CHECK(clock.Now().since_boot == absl::ZeroDuration());
  }
  SECTION("a reboot starts the boot clock anew under another id") {
    clock.Advance(kMinute);
    clock.Reboot("boot-2");
    CHECK(clock.Now().wall == start + kMinute);
    CHECK(clock.Now().since_boot == absl::ZeroDuration());
    CHECK(clock.BootId() == "boot-2");
  }
}

}  // namespace
}  // namespace leasehold
