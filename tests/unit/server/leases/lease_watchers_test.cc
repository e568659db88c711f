#include "server/leases/lease_watchers.h"

#include <catch2/catch.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

class CutCounter final : public UseObserver {
 public:
  void UseDecided(Adapter, const absl::StatusOr<UseReply>&, absl::Duration) override {}
  void StreamCut(absl::Duration after) override { cuts.push_back(after); }
  std::vector<absl::Duration> cuts;
};

}  // namespace

TEST_CASE("an open stream is cut once when its lease ends, whatever ends it") {
  struct Row {
    const char* why;
    std::function<void(FurnishedWorld&, const AcquireResult&)> end;
    bool needs_tick;  // nothing was committed that could tell
    Reason reason;
  };
  const Row row = GENERATE(values<Row>({
      {"revoked by agent",
       [](auto& w, const auto&) { w.Await(w.Revoke(AgentSelector("bot"))).IgnoreError(); }, false,
       Reason::kLeaseRevoked},
      {"revoked by lease",
       [](auto& w, const auto& l) { w.Await(w.Revoke(LeaseSelector(l))).IgnoreError(); }, false,
       Reason::kLeaseRevoked},
      {"released", [](auto& w, const auto& l) { w.Await(w.Release(l)).IgnoreError(); }, false,
       Reason::kLeaseReleased},
      {"agent deleted", [](auto& w, const auto&) { w.Delete(EntityKind::kAgent, "bot"); }, false,
       Reason::kLeaseRevoked},
      {"token revoked", [](auto& w, const auto&) { w.RevokeToken(w.bot); }, false,
       Reason::kCredentialRevoked},
      {"expired", [](auto& w, const auto&) { w.clock().Advance(absl::Hours(1)); }, true,
       Reason::kLeaseExpired},
      {"the wall clock stepped past its end",
       [](auto& w, const auto&) { w.clock().StepWall(absl::Hours(1)); }, true,
       Reason::kLeaseExpired},
  }));
  INFO(row.why);
  CutCounter observer;
  FurnishedWorld world({.observer = &observer});
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  const AcquireResult other = world.Lease(world.crawler, "db/login");
  std::vector<Reason> cut;
  int others = 0;
  auto watch = world.authority().WatchLease(
      lease.lease, [&](absl::Status why) { cut.push_back(ReasonOf(why)); });
  auto other_watch = world.authority().WatchLease(other.lease, [&](absl::Status) { ++others; });
  world.committer().Tick();
  world.TryUse(world.bot, lease);
  REQUIRE(cut.empty());
  REQUIRE(observer.cuts.empty());

  const UnixMillis before = world.authority().Now();
  row.end(world, lease);
  CHECK(cut.size() == (row.needs_tick ? 0 : 1));
  world.committer().Tick();
  CHECK(cut == std::vector<Reason>{row.reason});
  world.committer().Tick();
  CHECK(cut.size() == 1);
  REQUIRE(observer.cuts.size() == (others == 0 ? 1 : 2));
  CHECK(observer.cuts[0] == absl::ZeroDuration());
  CHECK(others == (world.authority().Now() - before >= absl::Hours(1) ? 1 : 0));
}

TEST_CASE("a lease that ended before it was watched is cut in the next tick") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  REQUIRE(world.Await(world.Release(lease)).ok());
  int cut = 0;
  auto watch = world.authority().WatchLease(lease.lease, [&](absl::Status) { ++cut; });
  auto unknown = world.authority().WatchLease(LeaseNumber(4711), [&](absl::Status why) {
    ++cut;
    CHECK(ReasonOf(why) == Reason::kLeaseUnknown);
  });
  world.committer().Tick();
  CHECK(cut == 2);
}

TEST_CASE("a stream that ended is not cut afterwards") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  int cut = 0;
  auto gone = world.authority().WatchLease(lease.lease, [&](absl::Status) { cut += 100; });
  auto there = world.authority().WatchLease(lease.lease, [&](absl::Status) { ++cut; });
  gone.reset();
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  world.committer().Tick();
  CHECK(cut == 1);
}

TEST_CASE("a stream ends with its holder's credential, though its lease was taken with another") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  std::vector<Reason> cut;
  auto held = world.authority().WatchLeaseFor(
      world.crawler, lease.lease, [&](absl::Status why) { cut.push_back(ReasonOf(why)); });
  auto unheld = world.authority().WatchLease(
      lease.lease, [&](absl::Status why) { cut.push_back(ReasonOf(why)); });
  world.committer().Tick();
  REQUIRE(cut.empty());
  world.RevokeToken(world.crawler);
  world.committer().Tick();
  CHECK(cut == std::vector<Reason>{Reason::kCredentialRevoked});
}

TEST_CASE("what revocations cut is counted for each, with the times of the first and the last") {
  FurnishedWorld world;
  const AcquireResult first = world.Lease(world.bot, "db/login");
  const AcquireResult second = world.Lease(world.bot, "db/login");
  const AcquireResult other = world.Lease(world.crawler, "db/login");
  std::vector<std::unique_ptr<PointOfUse::Watch>> watches;
  for (const AcquireResult& lease : {first, first, second, other}) {
    watches.push_back(world.authority().WatchLease(lease.lease, [](absl::Status) {}));
  }
  REQUIRE(world.Await(world.Revoke(LeaseSelector(first))).ok());
  world.clock().Advance(absl::Seconds(1));
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  world.committer().Tick();
  const CutStreams& cuts = world.authority().cut_streams();
  CHECK(cuts.Of(1).streams == 2);
  CHECK(cuts.Of(2).streams == 1);
  CHECK(cuts.Of(3).streams == 0);
  CHECK(cuts.Of(2).last - cuts.Of(1).first == absl::Seconds(1));
}

TEST_CASE("of revocations that cut streams the newest are kept") {
  CutStreams cuts;
  for (uint64_t revocation = 1; revocation <= CutStreams::kRevocationsMax + 10; ++revocation) {
    cuts.Note(revocation, UnixMillis(static_cast<int64_t>(revocation)));
  }
  CHECK(cuts.Of(10).streams == 0);
  CHECK(cuts.Of(11).streams == 1);
  CHECK(cuts.Of(CutStreams::kRevocationsMax + 10).first ==
        UnixMillis(CutStreams::kRevocationsMax + 10));
}

TEST_CASE("watchers are told apart and forgotten") {
  LeaseWatchers watchers;
  std::vector<std::unique_ptr<LeaseWatchers::Watch>> watches;
  std::vector<int> cut(100);
  for (int i = 0; i < 100; ++i) {
    watches.push_back(watchers.Add({.lease = LeaseNumber(static_cast<uint64_t>(i % 10) + 1)},
                                   [&cut, i](absl::Status) { ++cut[static_cast<size_t>(i)]; }));
  }
  CHECK(watchers.size() == 100);
  const auto check = [](const LeaseWatchers::Watched& watched) {
    return watched.lease == LeaseNumber(3) ? Error(Reason::kLeaseRevoked, "gone")
                                           : absl::OkStatus();
  };
  watchers.Sweep(check);
  watchers.Sweep(check);
  for (int i = 0; i < 100; ++i) CHECK(cut[static_cast<size_t>(i)] == (i % 10 == 2 ? 1 : 0));
  watches.clear();
  CHECK(watchers.size() == 0);
}

}  // namespace leasehold
