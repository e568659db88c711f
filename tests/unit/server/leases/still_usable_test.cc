// What holds between threads: an acknowledged revocation and a request that is just being written.

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "absl/synchronization/notification.h"
#include "server/base/status.h"
#include "tests/support/committer_thread.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

// Keeps writing first bytes under a lease until it may not any more.
class Writer {
 public:
  Writer(LeaseAuthority& authority, LeaseNumber lease, const std::atomic<bool>& acknowledged)
      : thread_([this, &authority, lease, &acknowledged] {
          for (bool usable = true; usable;) {
            // Read before: whoever saw the acknowledgement must be refused.
            const bool late = acknowledged.load();
            usable = authority
                         .IfStillUsable(lease,
                                        [&] {
                                          ++writes_;
                                          violations_ += late || acknowledged.load() ? 1 : 0;
                                        })
                         .ok();
          }
        }) {}
  ~Writer() { thread_.join(); }
  void Join() {
    thread_.join();
    thread_ = std::thread([] {});
  }
  uint64_t writes() const { return writes_; }
  uint64_t violations() const { return violations_; }

 private:
  std::atomic<uint64_t> writes_ = 0;
  std::atomic<uint64_t> violations_ = 0;
  std::thread thread_;
};

}  // namespace

TEST_CASE("no first byte is written after its lease's revocation was acknowledged") {
  FurnishedWorld world;
  constexpr int kRounds = 200;
  std::vector<Answer<AcquireResult>> acquired;
  for (int i = 0; i < kRounds; ++i) {
    acquired.push_back(world.Acquire(world.AcquireOf(world.bot, "db/login")));
  }
  world.Commit();

  CommitterThread owner(world.committer());
  uint64_t writes = 0;
  uint64_t violations = 0;
  for (const Answer<AcquireResult>& answer : acquired) {
    const AcquireResult& lease = answer.get().value();
    std::atomic<bool> acknowledged = false;
    absl::Notification answered;
    Writer first(world.authority(), lease.lease, acknowledged);
    Writer second(world.authority(), lease.lease, acknowledged);
    const RevokeRequest revoke{.principal = LeaseWorld::Operator(),
                               .selector = LeaseSelector(lease),
                               .reason = "a test wants it"};
    world.authority().Submit<uint64_t>(
        Urgency::kUrgent, [&revoke](Transaction& tx) { return Revoke(tx, revoke); },
        [&](absl::StatusOr<uint64_t> number) {
          acknowledged = number.ok();
          answered.Notify();
        });
    answered.WaitForNotification();
    first.Join();
    second.Join();
    writes += first.writes() + second.writes();
    violations += first.violations() + second.violations();
    REQUIRE(acknowledged);
  }
  CHECK(violations == 0);
  CHECK(writes > 0);
}

TEST_CASE("first bytes are not written under a lease that is over") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  const AcquireResult released = world.Lease(world.bot, "db/login");
  REQUIRE(world.Await(world.Release(released)).ok());
  int written = 0;
  auto reason = [&](LeaseNumber number) {
    return ReasonOf(world.authority().IfStillUsable(number, [&] { ++written; }));
  };
  CHECK(reason(lease.lease) == Reason::kNone);
  CHECK(written == 1);
  CHECK(reason(released.lease) == Reason::kLeaseReleased);
  CHECK(reason(LeaseNumber(99)) == Reason::kLeaseUnknown);
  CHECK(reason(LeaseNumber()) == Reason::kLeaseUnknown);
  world.clock().Advance(absl::Hours(1));
  CHECK(reason(lease.lease) == Reason::kLeaseExpired);
  CHECK(written == 1);
}

TEST_CASE("threads that hand in at once are each answered once, and all of it is on record") {
  FurnishedWorld world;
  constexpr int kThreads = 4;
  constexpr int kEach = 300;
  std::atomic<int> answered = 0;
  std::atomic<int> allowed = 0;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  const UseRequest request = world.UseOf(world.bot, lease, "github");
  {
    CommitterThread owner(world.committer());
    std::vector<std::thread> threads;
    for (int t = 0; t < kThreads; ++t) {
      threads.emplace_back([&] {
        for (int i = 0; i < kEach; ++i) {
          world.authority().Authorize(request, [&](absl::StatusOr<UseReply> reply) {
            ++answered;
            allowed += reply.ok() && reply->allowed ? 1 : 0;
          });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  CHECK(answered == kThreads * kEach);
  // Some may have been beyond the agent's share.
  CHECK(allowed > 0);
  CHECK(world.Find(lease).allowed_uses == static_cast<uint64_t>(allowed));
}

}  // namespace leasehold
