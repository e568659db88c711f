#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "absl/synchronization/notification.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

TEST_CASE("while the disk hangs nothing is acknowledged, and all that needs no disk goes on") {
  ApiWorld world;
  world.CreateSecret("secrets/github/pat");
  world.AddVersion("secrets/github/pat");
  world.CreateTarget("targets/github", "github/**");
  world.Apply({ApiWorld::ReadPolicy("readers", "github")});
  world.CreateAgent("agents/bot");
  const std::string token = world.IssueToken("agents/bot").token();
  auto lease = world.Acquire(token, "secrets/github/pat");
  REQUIRE(lease.status.error_message() == "");

  world.server.disk().HoldAppends();
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + token);
  v1::AuthorizeUseRequest use;
  use.set_token(lease.response.token());
  use.set_target("targets/github");
  use.set_method("GET");
  use.set_path("/repos");
  v1::AuthorizeUseResponse used;
  absl::Notification answered;
  grpc::Status status;
  world.uses->async()->AuthorizeUse(&context, &use, &used, [&](grpc::Status result) {
    status = std::move(result);
    answered.Notify();
  });
  world.server.disk().AwaitHeldAppend();

  // On the hot thread, on threads of their own, and without a credential.
  v1::CheckLeaseRequest check;
  check.set_token(lease.response.token());
  auto checked = Ask(*world.leases, &v1::LeaseService::Stub::CheckLease, check, token);
  CHECK(checked.response.usable());
  v1::GetLeaseRequest get;
  get.set_name(lease.response.lease().name());
  CHECK(Ask(*world.leases, &v1::LeaseService::Stub::GetLease, get, token).status.ok());
  auto health = grpc::health::v1::Health::NewStub(world.agents);
  CHECK(Ask(*health, &grpc::health::v1::Health::Stub::Check, grpc::health::v1::HealthCheckRequest())
            .status.ok());
  CHECK_FALSE(answered.HasBeenNotified());

  world.server.disk().ReleaseAppends();
  answered.WaitForNotification();
  CHECK(status.ok());
  CHECK(used.allowed());
}

}  // namespace
}  // namespace leasehold
