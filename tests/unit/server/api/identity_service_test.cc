#include "server/api/identity_service.h"

#include <catch2/catch.hpp>
#include <functional>

#include "server/leases/operations/entities.h"
#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

using Stub = v1::IdentityService::Stub;

google::protobuf::Timestamp InHours(int hours) {
  google::protobuf::Timestamp time;
  time.set_seconds(absl::ToUnixSeconds(absl::Now() + absl::Hours(hours)));
  return time;
}

v1::Agent Get(ApiWorld& world, const std::string& name) {
  v1::GetAgentRequest get;
  get.set_name(name);
  return Ask(*world.identity, &Stub::GetAgent, get).response;
}

TEST_CASE("an agent's token works until it is revoked, and the list shows live ones only") {
  ApiWorld world;
  world.CreateAgent("agents/ci");
  v1::IssueTokenResponse first = world.IssueToken("agents/ci");
  v1::IssueTokenResponse second = world.IssueToken("agents/ci");
  CHECK(first.token().starts_with("lha_"));
  CHECK(first.token() != second.token());
  CHECK(Get(world, "agents/ci").tokens_size() == 2);

  auto stub = v1::IdentityService::NewStub(world.server.tcp());
  auto caller = Ask(*stub, &Stub::GetCaller, v1::GetCallerRequest(), first.token());
  REQUIRE(caller.status.ok());
  CHECK(caller.response.principal() == "agents/ci");
  CHECK(caller.response.role() == v1::ROLE_AGENT);
  CHECK(caller.response.method() == "agent_token");
  CHECK(caller.response.expire_time().seconds() == first.expire_time().seconds());

  v1::RevokeTokenRequest revoke;
  revoke.set_name(first.name());
  for (int i = 0; i < 2; ++i) {  // idempotent
    CHECK(Ask(*world.identity, &Stub::RevokeToken, revoke).status.ok());
  }
  CHECK(Ask(*stub, &Stub::GetCaller, v1::GetCallerRequest(), first.token()).reason() ==
        "CREDENTIAL_REVOKED");
  v1::Agent agent = Get(world, "agents/ci");
  REQUIRE(agent.tokens_size() == 1);
  CHECK(agent.tokens(0).name() == second.name());
}

TEST_CASE("a deleted agent's token is no good for its successor") {
  ApiWorld world;
  v1::Agent old_agent = world.CreateAgent("agents/ci");
  std::string token = world.IssueToken("agents/ci").token();
  v1::DeleteAgentRequest remove;
  remove.set_name("agents/ci");
  REQUIRE(Ask(*world.identity, &Stub::DeleteAgent, remove).status.ok());
  CHECK(world.CreateAgent("agents/ci").uid() != old_agent.uid());
  auto stub = v1::IdentityService::NewStub(world.server.tcp());
  CHECK(Ask(*stub, &Stub::GetCaller, v1::GetCallerRequest(), token).reason() == "UNAUTHENTICATED");
}

TEST_CASE("each way in says who is calling") {
  ApiWorld world;
  struct Row {
    std::shared_ptr<grpc::Channel> channel;
    v1::Role role;
    const char* method;
  };
  for (const Row& row : {Row{world.server.admin(), v1::ROLE_ADMIN, "admin_socket"},
                         Row{world.server.adapter(), v1::ROLE_ADAPTER, "adapter_socket"}}) {
    auto stub = v1::IdentityService::NewStub(row.channel);
    auto caller = Ask(*stub, &Stub::GetCaller, v1::GetCallerRequest());
    CHECK(caller.response.role() == row.role);
    CHECK(caller.response.method() == row.method);
    CHECK_FALSE(caller.response.has_expire_time());
  }
}

TEST_CASE("a token's ttl is one second to 400 days") {
  ApiWorld world;
  world.CreateAgent("agents/ci");
  struct Row {
    int64_t seconds;
    int32_t nanos;
    bool ok;
  };
  constexpr int64_t kDay = 24 * 3600;
  for (const Row& row :
       {Row{1, 0, true}, Row{400 * kDay, 0, true}, Row{0, 0, false}, Row{-1, 0, false},
        Row{0, 999'999'999, false}, Row{400 * kDay, 1, false}, Row{1, -1, false}}) {
    CAPTURE(row.seconds, row.nanos);
    v1::IssueTokenRequest request;
    request.set_agent("agents/ci");
    request.mutable_ttl()->set_seconds(row.seconds);
    request.mutable_ttl()->set_nanos(row.nanos);
    CHECK(Ask(*world.identity, &Stub::IssueToken, request).reason() ==
          (row.ok ? "" : "INVALID_ARGUMENT"));
  }
  for (const char* name : {"agents/ci", "agents/ci/tokens/", "agents/ci/tokens/0",
                           "agents/ci/tokens/x", "agents/ci/tokens/01", "tokens/1", ""}) {
    CAPTURE(name);
    v1::RevokeTokenRequest revoke;
    revoke.set_name(name);
    CHECK(Ask(*world.identity, &Stub::RevokeToken, revoke).reason() == "INVALID_ARGUMENT");
  }
  world.CreateAgent("agents/other");
  v1::RevokeTokenRequest foreign;
  foreign.set_name("agents/other/tokens/1");
  CHECK(Ask(*world.identity, &Stub::RevokeToken, foreign).reason() == "NOT_FOUND");
}

TEST_CASE("an agent that has ended keeps its end when something else of it is changed") {
  ApiWorld world;
  v1::Agent agent;
  agent.set_name("agents/ci");
  world.Append([&](Transaction& tx) {
    UnixMillis end(tx.now().value() / 1000 * 1000);  // not after now
    agent.mutable_expire_time()->set_seconds(end.value() / 1000);
    REQUIRE(CreateEntity(tx, {.principal = Principal::Server(),
                              .name = Name::Parse("ci").value(),
                              .body = agent.SerializeAsString(),
                              .expire_time = end})
                .ok());
  });
  v1::UpdateAgentRequest update;
  *update.mutable_agent() = agent;
  update.mutable_agent()->set_owner("team-triage");
  auto updated = Ask(*world.identity, &Stub::UpdateAgent, update);
  CHECK(updated.response.owner() == "team-triage");
  CHECK(updated.response.expire_time().seconds() == agent.expire_time().seconds());
  update.mutable_agent()->mutable_expire_time()->set_seconds(agent.expire_time().seconds() - 1);
  CHECK(Ask(*world.identity, &Stub::UpdateAgent, update).reason() == "INVALID_ARGUMENT");
}

TEST_CASE("an agent ends in the future or never") {
  ApiWorld world;
  v1::CreateAgentRequest create;
  create.mutable_agent()->set_name("agents/ci");
  create.mutable_agent()->mutable_expire_time()->set_seconds(1);
  CHECK(Ask(*world.identity, &Stub::CreateAgent, create).reason() == "INVALID_ARGUMENT");
  *create.mutable_agent()->mutable_expire_time() = InHours(1);
  auto created = Ask(*world.identity, &Stub::CreateAgent, create);
  REQUIRE(created.status.ok());
  CHECK(created.response.expire_time().seconds() == create.agent().expire_time().seconds());
  v1::UpdateAgentRequest update;
  *update.mutable_agent() = created.response;
  update.mutable_agent()->set_owner("team-triage");
  CHECK(Ask(*world.identity, &Stub::UpdateAgent, update).response.owner() == "team-triage");
  update.mutable_agent()->clear_etag();
  update.mutable_agent()->clear_expire_time();
  CHECK_FALSE(Ask(*world.identity, &Stub::UpdateAgent, update).response.has_expire_time());
}

TEST_CASE("an agent, group or target that is not well formed is refused") {
  ApiWorld world;
  auto agent = [&](const std::function<void(v1::Agent&)>& change) {
    v1::CreateAgentRequest request;
    request.mutable_agent()->set_name("agents/a");
    change(*request.mutable_agent());
    return Ask(*world.identity, &Stub::CreateAgent, request).reason();
  };
  CHECK(agent([](v1::Agent& a) { a.set_name("agents/team/a"); }) == "INVALID_ARGUMENT");
  CHECK(agent([](v1::Agent& a) { a.set_name("a"); }) == "INVALID_ARGUMENT");
  CHECK(agent([](v1::Agent& a) { a.set_owner("tab\there"); }) == "INVALID_ARGUMENT");
  CHECK(agent([](v1::Agent& a) { a.set_description(std::string(2000, 'x')); }) ==
        "INVALID_ARGUMENT");
  auto group = [&](const std::function<void(v1::Group&)>& change) {
    v1::CreateGroupRequest request;
    request.mutable_group()->set_name("groups/g");
    change(*request.mutable_group());
    return Ask(*world.identity, &Stub::CreateGroup, request).reason();
  };
  CHECK(group([](v1::Group& g) { g.set_name("groups/"); }) == "INVALID_ARGUMENT");
  CHECK(group([](v1::Group& g) { g.add_agents("groups/g"); }) == "INVALID_ARGUMENT");
  CHECK(group([](v1::Group& g) { g.add_agents("agents/nobody"); }) == "NOT_FOUND");
  CHECK(group([](v1::Group& g) {
          for (int i = 0; i < 10'001; ++i) {
            g.add_agents("agents/a");
          }
        }) == "INVALID_ARGUMENT");
  auto target = [&](const std::function<void(v1::Target&)>& change) {
    v1::CreateTargetRequest request;
    *request.mutable_target() = ApiWorld::TargetFor("targets/t", "github/*");
    change(*request.mutable_target());
    return Ask(*world.identity, &Stub::CreateTarget, request).reason();
  };
  CHECK(target([](v1::Target& t) { t.set_base_url("ftp://host"); }) == "INVALID_ARGUMENT");
  CHECK(target([](v1::Target& t) { t.clear_secrets(); }) == "INVALID_ARGUMENT");
  CHECK(target([](v1::Target& t) { t.clear_injection(); }) == "INVALID_ARGUMENT");
  CHECK(target([](v1::Target& t) { t.set_name("targets/a/b"); }) == "INVALID_ARGUMENT");
  CHECK(target([](v1::Target& t) { t.set_description("\x01"); }) == "INVALID_ARGUMENT");
  CHECK(target([](v1::Target&) {}) == "");
}

TEST_CASE("groups show their members, agents their groups, and deleted agents leave") {
  ApiWorld world;
  world.CreateAgent("agents/a");
  world.CreateAgent("agents/b");
  v1::CreateGroupRequest create;
  create.mutable_group()->set_name("groups/g");
  create.mutable_group()->add_agents("agents/a");
  create.mutable_group()->add_agents("agents/b");
  auto created = Ask(*world.identity, &Stub::CreateGroup, create);
  REQUIRE(created.status.ok());
  CHECK(created.response.agents_size() == 2);
  CHECK(Get(world, "agents/a").groups(0) == "groups/g");
  v1::DeleteAgentRequest remove;
  remove.set_name("agents/b");
  REQUIRE(Ask(*world.identity, &Stub::DeleteAgent, remove).status.ok());
  v1::GetGroupRequest get;
  get.set_name("groups/g");
  auto group = Ask(*world.identity, &Stub::GetGroup, get);
  REQUIRE(group.response.agents_size() == 1);
  CHECK(group.response.agents(0) == "agents/a");
  v1::UpdateGroupRequest update;
  update.mutable_group()->set_name("groups/g");
  CHECK(Ask(*world.identity, &Stub::UpdateGroup, update).response.agents_size() == 0);
  CHECK(Get(world, "agents/a").groups_size() == 0);
}

TEST_CASE("a target comes back as it was declared, and its etag guards it") {
  ApiWorld world;
  v1::CreateTargetRequest create;
  *create.mutable_target() = ApiWorld::TargetFor("targets/t", "github/*");
  create.mutable_target()->set_uid(77);
  auto created = Ask(*world.identity, &Stub::CreateTarget, create);
  REQUIRE(created.status.ok());
  CHECK(created.response.uid() != 77);
  CHECK(created.response.base_url() == create.target().base_url());
  CHECK(created.response.injection().header().template_() == "Bearer {value}");
  v1::UpdateTargetRequest update;
  *update.mutable_target() = created.response;
  update.mutable_target()->set_base_url("https://127.0.0.1:9");
  CHECK(Ask(*world.identity, &Stub::UpdateTarget, update).status.ok());
  CHECK(Ask(*world.identity, &Stub::UpdateTarget, update).reason() == "ETAG_MISMATCH");
  CHECK(
      Ask(*world.identity, &Stub::ListTargets, v1::ListTargetsRequest()).response.targets_size() ==
      1);
  v1::DeleteTargetRequest remove;
  remove.set_name("targets/t");
  CHECK(Ask(*world.identity, &Stub::DeleteTarget, remove).status.ok());
  CHECK(Ask(*world.identity, &Stub::DeleteTarget, remove).reason() == "NOT_FOUND");
}

TEST_CASE("what was created is there after a restart, with the same etags") {
  ApiWorld world;
  v1::Agent before = world.CreateAgent("agents/ci");
  world.IssueToken("agents/ci");
  world.server.Restart();
  auto stub = v1::IdentityService::NewStub(world.server.admin());
  v1::GetAgentRequest get;
  get.set_name("agents/ci");
  auto after = Ask(*stub, &Stub::GetAgent, get);
  REQUIRE(after.status.ok());
  CHECK(after.response.uid() == before.uid());
  CHECK(after.response.etag() == before.etag());
  CHECK(after.response.tokens_size() == 1);
}

}  // namespace
}  // namespace leasehold
