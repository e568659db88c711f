#include "server/leases/admission.h"

#include <catch2/catch.hpp>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {

TEST_CASE("an agent has a share of places, each given back once") {
  Admission admission;
  std::vector<Admission::Ticket> tickets;
  for (uint32_t i = 0; i < Admission::kUnderWayMax; ++i) {
    tickets.push_back(admission.Enter(EntityUid(1)));
    REQUIRE(tickets.back());
  }
  CHECK(!admission.Enter(EntityUid(1)));
  CHECK(!admission.Enter(EntityUid(1)));
  CHECK(admission.Enter(EntityUid(2)));

  // Moving a ticket gives nothing back.
  Admission::Ticket moved = std::move(tickets.back());
  CHECK(!admission.Enter(EntityUid(1)));
  tickets.pop_back();
  CHECK(!admission.Enter(EntityUid(1)));
  moved = Admission::Ticket();
  Admission::Ticket again = admission.Enter(EntityUid(1));
  CHECK(again);
  CHECK(!admission.Enter(EntityUid(1)));
  tickets.clear();
  CHECK(admission.Enter(EntityUid(1)));
}

TEST_CASE("a place for many decisions takes as many") {
  Admission admission;
  Admission::Ticket most = admission.Enter(EntityUid(1), Admission::kUnderWayMax - 1);
  CHECK(most);
  CHECK(!admission.Enter(EntityUid(1), 2));
  Admission::Ticket last = admission.Enter(EntityUid(1), 1);
  CHECK(last);
  CHECK(!admission.Enter(EntityUid(1), 1));
  most = Admission::Ticket();
  CHECK(admission.Enter(EntityUid(1), Admission::kUnderWayMax - 1));
  CHECK(!admission.Enter(EntityUid(2), Admission::kUnderWayMax + 1));
}

TEST_CASE("an agent that runs wild is refused and keeps nobody else waiting") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  std::vector<Answer<UseReply>> uses;
  for (uint32_t i = 0; i < Admission::kUnderWayMax; ++i) {
    uses.push_back(world.Use(world.UseOf(world.bot, lease, "github")));
  }
  CHECK(!uses.back().there());
  // Of whatever kind.
  CHECK(ReasonOf(world.Use(world.UseOf(world.bot, lease, "github")).get().status()) ==
        Reason::kOverloaded);
  const absl::Status refused = world.Acquire(world.AcquireOf(world.bot, "db/login")).get().status();
  CHECK(ReasonOf(refused) == Reason::kOverloaded);
  CHECK(DetailOf(refused).scope == ErrorDetail::Scope::kAgent);
  CHECK(DetailOf(refused).retry_after.has_value());
  CHECK(ReasonOf(world.Renew(world.RenewOf(world.bot, lease)).get().status()) ==
        Reason::kOverloaded);
  CHECK(ReasonOf(world.Reveal(world.bot, lease).get().status()) == Reason::kOverloaded);
  bool told = false;
  CHECK(
      world.authority().UsesOperation({world.UseOf(world.bot, lease, "github")}, [&](auto replies) {
        told = true;
        CHECK(ReasonOf(replies.at(0).status()) == Reason::kOverloaded);
      }) == nullptr);
  CHECK(told);

  const Answer<AcquireResult> other = world.Acquire(world.AcquireOf(world.crawler, "db/login"));
  // Stopping it needs no place.
  const Answer<uint64_t> revoked = world.Revoke(AgentSelector("bot"));
  world.Commit();
  CHECK(other.get().ok());
  CHECK(revoked.get().ok());
  // All places are back.
  CHECK(world.TryUse(world.bot, lease) == Reason::kLeaseRevoked);
}

TEST_CASE("a batch of an adapter takes the place of its first lease's agent") {
  FurnishedWorld world;
  const AcquireResult wild = world.Lease(world.bot, "db/login");
  const AcquireResult calm = world.Lease(world.crawler, "db/login");
  std::vector<Answer<UseReply>> uses;
  for (uint32_t i = 0; i < Admission::kUnderWayMax; ++i) {
    uses.push_back(world.Use(world.UseOf(world.bot, wild, "github")));
  }
  const Principal adapter = LeaseWorld::Adapter();
  std::vector<UseRequest> requests(2, world.UseOf(adapter, wild, "github"));
  requests.front().token = "nonsense";
  bool told = false;
  CHECK(world.authority().UsesOperation(requests, [&](auto replies) {
    told = true;
    CHECK(ReasonOf(replies.at(1).status()) == Reason::kOverloaded);
  }) == nullptr);
  CHECK(told);

  // Another agent's batch through the same adapter finds room.
  requests.back() = world.UseOf(adapter, calm, "github");
  bool judged = false;
  world.committer().Submit(world.authority().UsesOperation(requests, [&](auto replies) {
    judged = true;
    CHECK(ReasonOf(replies.at(0).status()) == Reason::kTokenMalformed);
    CHECK(replies.at(1).ok());
  }));
  world.Commit();
  CHECK(judged);
}

}  // namespace leasehold
