#include "server/leases/state/lease_subject.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

std::vector<std::string> NamesOf(const State& state, const std::vector<EntityUid>& groups) {
  std::vector<std::string> names;
  for (EntityUid uid : groups) names.push_back(state.entities().Find(uid)->name);
  std::sort(names.begin(), names.end());
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("a lease remembers its user and the groups that counted when it was issued") {
  FurnishedWorld world;
  world.CreateGroup("people", {}, {"alice", "bob"});
  world.CreateGroup("claimed", {});
  AcquireRequest request = world.AcquireOf(world.bot, "db/login");
  request.principal.user = "alice";
  request.principal.claimed_groups = {"claimed", "no-such-group", "claimed"};
  const AcquireResult lease = world.Await(world.Acquire(request)).value();
  const AcquireResult plain = world.Lease(world.crawler, "db/login");
  const auto check = [&] {
    const LeaseTerms& terms = *world.Find(lease).terms;
    CHECK(world.state().texts().Get(terms.user) == "alice");
    CHECK(NamesOf(world.state(), terms.groups) == Names{"claimed", "mailers", "people"});
    CHECK(NamesOf(world.state(), terms.claimed_groups) == Names{"claimed"});
    CHECK(world.Find(plain).terms->groups.empty());
    CHECK(world.Find(plain).terms->user.empty());
    CHECK(terms.binding == Binding::kIdentity);
  };
  check();
  // Whoever leaves later was a member then.
  world.UpdateGroup("people", {}, {"bob"});
  world.UpdateGroup("mailers", {});
  check();
  world.Restart();
  check();
}

TEST_CASE("leases on the same terms share one copy of them") {
  FurnishedWorld world;
  const AcquireResult one = world.Lease(world.bot, "db/login");
  const AcquireResult two = world.Lease(world.bot, "db/prod");
  const AcquireResult other = world.Lease(world.crawler, "db/login");
  CHECK(world.Find(one).terms == world.Find(two).terms);
  CHECK(world.Find(one).terms != world.Find(other).terms);
  CHECK(world.state().leases().terms_count() == 2);
  world.Restart();
  CHECK(world.Find(one).terms == world.Find(two).terms);
  CHECK(world.state().leases().terms_count() == 2);
}

TEST_CASE("groups that a token claims count for its leases, those of others do not") {
  FurnishedWorld world;
  AcquireRequest request = world.AcquireOf(world.crawler, "mail/key");
  // crawler is not in mailers, to whom a policy gives mail/key.
  CHECK(ReasonOf(world.Await(world.Acquire(request)).status()) == Reason::kNotFoundOrForbidden);
  request.principal.claimed_groups = {"mailer"};
  CHECK(ReasonOf(world.Await(world.Acquire(request)).status()) == Reason::kNotFoundOrForbidden);
  request.principal.claimed_groups = {"mailers"};
  const AcquireResult lease = world.Await(world.Acquire(request)).value();
  // The claim goes on to count although the use comes without it.
  CHECK(world.TryUse(world.crawler, lease, "mailer") == Reason::kNone);
  // A group that is gone counts for nobody, not even under its old name.
  world.Delete(EntityKind::kGroup, "mailers");
  CHECK(world.TryUse(world.crawler, lease, "mailer") == Reason::kPolicyDenied);
  world.CreateGroup("mailers", {});
  CHECK(world.TryUse(world.crawler, lease, "mailer") == Reason::kPolicyDenied);
}

}  // namespace leasehold
