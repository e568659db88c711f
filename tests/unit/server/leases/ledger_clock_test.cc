#include "server/leases/ledger_clock.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

const absl::Time kWall = absl::FromUnixSeconds(1'800'000'000);

// Seconds after kWall.
UnixMillis At(int64_t seconds) { return UnixMillis::From(kWall + absl::Seconds(seconds)); }

}  // namespace

TEST_CASE("the time after a start follows from the mark, the boot and the wall clock") {
  struct Row {
    const char* why;
    bool same_boot;
    int64_t wall_s;        // what the wall clock says at the start, after kWall
    int64_t since_boot_s;  // and the other one; the mark was made 1000 s after boot, at kWall
    LedgerClock::Start start;
    int64_t now_s;
  };
  constexpr auto kContinues = LedgerClock::Start::kContinues;
  constexpr auto kWallBehind = LedgerClock::Start::kWallBehind;
  const Row row = GENERATE(values<Row>({
      {"same boot, nothing odd", true, 10, 1010, kContinues, 10},
      {"same boot, wall stepped back: the time since boot counts", true, -500, 1010, kContinues,
       10},
      {"same boot, wall stepped ahead: leases end early", true, 500, 1010, kContinues, 500},
      {"same boot, at once", true, 0, 1000, kContinues, 0},
      {"a boot id that comes again with less time, wall ahead", true, 20, 5, kContinues, 20},
      {"a boot id that comes again with less time, wall behind", true, -20, 5, kWallBehind, 0},
      {"new boot, wall ahead", false, 60, 5, kContinues, 60},
      {"new boot, wall at the mark", false, 0, 5, kContinues, 0},
      {"new boot, wall behind by a second", false, -1, 5, kWallBehind, 0},
      {"new boot, wall far behind: 1970", false, -1'800'000'000, 5, kWallBehind, 0},
      {"new boot with more time since boot, wall behind", false, -60, 100'000, kWallBehind, 0},
      {"the mark is in the far future", false, -315'360'000, 5, kWallBehind, 0},
  }));
  INFO(row.why);
  const TimeMark mark{.now = kWall, .boot_id = "boot-1", .since_boot = absl::Seconds(1000)};
  ManualClock machine(kWall + absl::Seconds(row.wall_s), row.same_boot ? "boot-1" : "boot-2");
  machine.Advance(absl::Seconds(row.since_boot_s));
  machine.StepWall(absl::Seconds(-row.since_boot_s));
  LedgerClock clock(machine, mark);

  CHECK(clock.start() == row.start);
  CHECK(clock.Now() == At(row.now_s));
  machine.Advance(absl::Seconds(7));
  CHECK(clock.Now() == At(row.now_s + 7));
  // And the mark of the new life says the same.
  const TimeMark next = clock.Mark();
  CHECK(UnixMillis::From(next.now) == At(row.now_s + 7));
  CHECK(LedgerClock(machine, next).Now() == At(row.now_s + 7));
}

TEST_CASE("the time never runs back and never faster than the wall clock says") {
  for (uint32_t seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    ManualClock machine(kWall, "boot-1");
    LedgerClock first(machine, {.now = kWall, .boot_id = "boot-1"});
    LedgerClock* clock = &first;
    std::vector<std::unique_ptr<LedgerClock>> later;
    UnixMillis last = clock->Now();
    for (int step = 0; step < 300; ++step) {
      const int64_t by = static_cast<int64_t>(random() % 100'000);
      UnixMillis least = last;
      switch (random() % 5) {
        case 0:
          machine.StepWall(absl::Milliseconds(by));
          break;
        case 1:
          machine.StepWall(absl::Milliseconds(-by));
          break;
        case 2: {
          const TimeMark mark = clock->Mark();
          if (random() % 2 == 0) machine.Reboot("boot-" + std::to_string(step + 2));
          later.push_back(std::make_unique<LedgerClock>(machine, mark));
          clock = later.back().get();
          // Where nobody knows how much time went by the leases must go.
          CHECK(
              (clock->start() == LedgerClock::Start::kContinues || machine.Now().wall < mark.now));
          break;
        }
        default:
          machine.Advance(absl::Milliseconds(by));
          least = last + absl::Milliseconds(by);
      }
      const UnixMillis now = clock->Now();
      CAPTURE(seed, step);
      REQUIRE(now >= least);
      REQUIRE(now >= UnixMillis::From(machine.Now().wall));
      last = now;
    }
  }
}

TEST_CASE("steps ahead are counted, slewing is not") {
  ManualClock machine(kWall, "boot-1");
  LedgerClock clock(machine, {.now = kWall, .boot_id = "boot-1"});
  for (int i = 0; i < 100; ++i) {
    machine.StepWall(absl::Milliseconds(5));
    clock.Now();
  }
  CHECK(clock.steps() == 0);
  machine.StepWall(absl::Seconds(3));
  clock.Now();
  clock.Now();
  CHECK(clock.steps() == 1);
  machine.StepWall(absl::Seconds(-30));
  clock.Now();
  CHECK(clock.steps() == 1);
}

TEST_CASE("no step of the wall clock makes a lease longer") {
  struct Row {
    const char* why;
    absl::Duration step;
    bool ends_at_once;
  };
  const Row row = GENERATE(values<Row>({
      {"back by an hour", absl::Hours(-1), false},
      {"back to 1970", absl::Seconds(-1'800'000'000), false},
      {"back by a second", absl::Seconds(-1), false},
      {"ahead by less than the lease", absl::Minutes(30), false},
      {"ahead by more than the lease", absl::Hours(2), true},
  }));
  INFO(row.why);
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");  // for an hour
  world.clock().StepWall(row.step);
  CHECK(world.TryUse(world.bot, lease) ==
        (row.ends_at_once ? Reason::kLeaseExpired : Reason::kNone));
  if (GENERATE(true, false)) {
    world.Restart();
  }
  world.clock().Advance(absl::Minutes(59));
  if (row.step <= absl::ZeroDuration()) {
    CHECK(world.TryUse(world.bot, lease) == Reason::kNone);
  }
  world.clock().Advance(absl::Minutes(1));
  CHECK(world.TryUse(world.bot, lease) == Reason::kLeaseExpired);
}

TEST_CASE("a start that cannot know how much time went by revokes all leases first") {
  struct Row {
    const char* why;
    bool reboot;
    absl::Duration step;
    bool revoked;
  };
  const Row row = GENERATE(values<Row>({
      {"the process alone started again", false, absl::ZeroDuration(), false},
      {"and the wall clock went back", false, absl::Hours(-5), false},
      {"a reboot", true, absl::Seconds(30), false},
      {"a reboot, and the wall clock is behind", true, absl::Minutes(-1), true},
      {"a reboot into 1970", true, absl::Seconds(-1'800'000'000), true},
  }));
  INFO(row.why);
  const bool clean = GENERATE(true, false);
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  if (clean) {
    world.Stop();
  } else {
    world.Kill();
  }
  if (row.reboot) world.clock().Reboot("boot-2");
  world.clock().StepWall(row.step);
  REQUIRE(world.Start().ok());

  CHECK(world.TryUse(world.bot, lease) == (row.revoked ? Reason::kLeaseRevoked : Reason::kNone));
  // Nobody is held: the next lease is good, and survives the next start.
  const AcquireResult next = world.Lease(world.bot, "db/login");
  world.Restart();
  CHECK(world.TryUse(world.bot, next) == Reason::kNone);
  CHECK(world.TryUse(world.bot, lease) == (row.revoked ? Reason::kLeaseRevoked : Reason::kNone));
}

TEST_CASE("a server that is idle keeps its mark") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  world.clock().Advance(absl::Minutes(40));
  world.committer().Tick();
  world.Kill();
  // The machine comes up again with a clock that lost ten minutes of those forty.
  world.clock().Reboot("boot-2");
  world.clock().StepWall(absl::Minutes(-10));
  REQUIRE(world.Start().ok());
  CHECK(world.TryUse(world.bot, lease) == Reason::kLeaseRevoked);
}

}  // namespace leasehold
