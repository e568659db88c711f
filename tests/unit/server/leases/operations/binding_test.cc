#include "server/leases/operations/binding.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

constexpr char kBound[] = R"(
  policies { name: "certificate" subjects { agents: "**" } secrets: "db/login"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } binding: BINDING_CERTIFICATE }
    allow { target: "github" access: ACCESS_READ } }
  policies { name: "os-user" subjects { agents: "**" } secrets: "db/prod"
    lease { ttl { seconds: 3600 } max_ttl { seconds: 14400 } binding: BINDING_OS_USER }
    allow { target: "github" access: ACCESS_READ } })";

std::string NewProof() {
  Hash hash;
  RandomBytes(hash);
  return std::string(AsText(hash));
}

Reason TryRenew(FurnishedWorld& world, const Principal& agent, const AcquireResult& lease) {
  world.clock().Advance(absl::Seconds(1));
  return ReasonOf(world.Await(world.Renew(world.RenewOf(agent, lease))).status());
}

}  // namespace

TEST_CASE("a lease that is bound to a certificate wants it each time") {
  FurnishedWorld world;
  world.Apply(kBound);
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kLeaseNotBound);
  Principal shows = world.bot;
  shows.proof = NewProof();
  const AcquireResult lease = world.Lease(shows, "db/login");
  CHECK(world.Find(lease).terms->binding == Binding::kCertificate);
  CHECK(AsText(*world.Find(lease).terms->proof) == shows.proof);
  CHECK(world.TryUse(shows, lease) == Reason::kNone);
  CHECK(TryRenew(world, shows, lease) == Reason::kNone);

  Principal other = world.bot;
  other.proof = NewProof();
  other.os_user = "uid=1000";
  for (const Principal& wrong : {world.bot, other}) {
    CHECK(world.TryUse(wrong, lease) == Reason::kLeaseNotBound);
    CHECK(TryRenew(world, wrong, lease) == Reason::kLeaseNotBound);
  }
  // A handle is bearer, whatever the token is bound to: that is what an adapter presents.
  UseRequest by_handle = world.UseOf(LeaseWorld::Adapter(), lease, "github");
  by_handle.token = world.HandleOf(lease);
  const auto reply = world.Await(world.Use(by_handle));
  REQUIRE(reply.ok());
  CHECK(reply->allowed);
  world.Restart();
  CHECK(world.TryUse(world.bot, lease) == Reason::kLeaseNotBound);
  CHECK(world.TryUse(shows, lease) == Reason::kNone);
}

TEST_CASE("a lease that is bound to an OS user wants that user") {
  FurnishedWorld world;
  world.Apply(kBound);
  Principal shows = world.bot;
  shows.os_user = "uid=1000";
  CHECK(world.TryAcquire(world.bot, "db/prod") == Reason::kLeaseNotBound);
  const AcquireResult lease = world.Lease(shows, "db/prod");
  CHECK(world.TryUse(shows, lease) == Reason::kNone);
  Principal other = shows;
  other.os_user = "uid=1001";
  CHECK(world.TryUse(other, lease) == Reason::kLeaseNotBound);
  CHECK(world.TryUse(world.bot, lease) == Reason::kLeaseNotBound);
}

}  // namespace leasehold
