#include "server/api/policy_service.h"

#include <catch2/catch.hpp>
#include <set>
#include <thread>

#include "tests/unit/server/api/api_world.h"

namespace leasehold {
namespace {

using Stub = v1::PolicyService::Stub;

v1::ApplyPoliciesRequest Applying(const std::vector<v1::Policy>& policies) {
  v1::ApplyPoliciesRequest request;
  for (const v1::Policy& policy : policies) {
    *request.mutable_policy_set()->add_policies() = policy;
  }
  return request;
}

std::vector<std::string> NamesOf(const google::protobuf::RepeatedPtrField<std::string>& names) {
  return {names.begin(), names.end()};
}

TEST_CASE("applying says what is added, changed and removed, and dropping needs prune") {
  ApiWorld world;
  v1::Policy a = ApiWorld::ReadPolicy("a", "github");
  v1::Policy b = ApiWorld::ReadPolicy("b", "github");
  auto first = Ask(*world.policies, &Stub::ApplyPolicies, Applying({a, b}));
  REQUIRE(first.status.ok());
  CHECK(first.response.revision() == 1);
  CHECK(NamesOf(first.response.added()) == std::vector<std::string>{"a", "b"});

  // The same set, in the same order, is the same revision.
  CHECK(Ask(*world.policies, &Stub::ApplyPolicies, Applying({a, b})).response.revision() == 1);

  a.mutable_allow(0)->set_access(v1::ACCESS_WRITE);
  v1::Policy c = ApiWorld::ReadPolicy("c", "stripe");
  v1::ApplyPoliciesRequest change = Applying({a, c});
  auto refused = Ask(*world.policies, &Stub::ApplyPolicies, change);
  CHECK(refused.reason() == "FAILED_PRECONDITION");
  CHECK(refused.status.error_message().find("b") != std::string::npos);

  change.set_validate_only(true);
  auto dry = Ask(*world.policies, &Stub::ApplyPolicies, change);
  REQUIRE(dry.status.ok());
  CHECK(dry.response.revision() == 1);
  CHECK(NamesOf(dry.response.removed()) == std::vector<std::string>{"b"});

  change.set_validate_only(false);
  change.set_prune(true);
  auto second = Ask(*world.policies, &Stub::ApplyPolicies, change);
  REQUIRE(second.status.ok());
  CHECK(second.response.revision() == 2);
  CHECK(NamesOf(second.response.added()) == std::vector<std::string>{"c"});
  CHECK(NamesOf(second.response.changed()) == std::vector<std::string>{"a"});
  CHECK(NamesOf(second.response.removed()) == std::vector<std::string>{"b"});
}

// "NAME: KEY, KEY" of each policy that changed.
std::vector<std::string> ChangedKeys(const v1::ApplyPoliciesResponse& response) {
  std::vector<std::string> lines;
  for (const v1::ChangedPolicy& changed : response.changed_policies()) {
    lines.push_back(changed.policy() + ":");
    for (const std::string& key : changed.keys()) lines.back() += " " + key;
  }
  return lines;
}

TEST_CASE("applying says which keys of a policy differ") {
  ApiWorld world;
  v1::Policy policy = ApiWorld::ReadPolicy("a", "github");
  policy.add_limits()->set_by(v1::Limit::BY_AGENT);
  policy.mutable_limits(0)->set_max(5);
  policy.mutable_limits(0)->mutable_per()->set_seconds(60);
  policy.mutable_lease()->mutable_ttl()->set_seconds(60);
  v1::ToolRule* tool = policy.add_allow()->add_tools();
  policy.mutable_allow(1)->set_target("mcp");
  tool->set_name("get_*");
  (*tool->mutable_args())["/owner"].set_equals("acme");
  world.Apply({policy, ApiWorld::ReadPolicy("same", "github")});

  policy.mutable_subjects()->add_groups("staff");
  policy.mutable_lease()->mutable_ttl()->set_seconds(90);
  policy.mutable_lease()->set_max_active(3);
  policy.mutable_allow(0)->add_methods("GET");
  (*policy.mutable_allow(1)->mutable_tools(0)->mutable_args())["/owner"].set_equals("evil");
  policy.add_allow()->set_target("pages");
  policy.mutable_limits(0)->set_max(6);
  v1::ApplyPoliciesRequest request = Applying({policy, ApiWorld::ReadPolicy("same", "github")});
  request.set_validate_only(true);
  const auto dry = Ask(*world.policies, &Stub::ApplyPolicies, request);
  CHECK(ChangedKeys(dry.response) ==
        std::vector<std::string>{
            "a: subjects.groups lease.ttl lease.max_active allow[0].methods allow[1].tools[0].args "
            "allow[2] limits[0].max"});

  for (int i = 0; i < 30; ++i) policy.add_allow()->set_target("more");
  const auto many = Ask(*world.policies, &Stub::ApplyPolicies,
                        Applying({policy, ApiWorld::ReadPolicy("same", "github")}));
  REQUIRE(many.response.changed_policies_size() == 1);
  CHECK(many.response.changed_policies(0).keys_size() == 21);
  CHECK(many.response.changed_policies(0).keys(20) == "...");
}

TEST_CASE("applying warns of what is probably a mistake, also where nothing is changed") {
  ApiWorld world;
  world.CreateSecret("secrets/git/pat");
  world.CreateAgent("agents/bot");
  world.CreateTarget("targets/github", "git/**");
  v1::Policy policy = ApiWorld::ReadPolicy("a", "github");
  v1::ApplyPoliciesRequest request = Applying({policy});
  CHECK(Ask(*world.policies, &Stub::ApplyPolicies, request).response.warnings().empty());

  policy.set_name("b");
  policy.mutable_subjects()->add_agents("robot");
  policy.mutable_allow(0)->set_target("gitlab");
  request = Applying({ApiWorld::ReadPolicy("a", "github"), policy});
  request.set_validate_only(true);
  const auto answer = Ask(*world.policies, &Stub::ApplyPolicies, request);
  REQUIRE(answer.response.warnings_size() == 2);
  const v1::PolicyWarning& agent = answer.response.warnings(0);
  CHECK(agent.position() == 1);
  CHECK(agent.policy() == "b");
  CHECK(agent.key() == "subjects.agents[1]");
  CHECK(agent.message() == "there is no agent robot");
  CHECK(answer.response.warnings(1).key() == "allow[0].target");

  // A thousand are told, and how many more there are.
  policy.clear_subjects();
  for (int i = 0; i < 250; ++i) policy.mutable_subjects()->add_groups("g" + std::to_string(i));
  request.mutable_policy_set()->clear_policies();
  for (int i = 0; i < 5; ++i) {
    policy.set_name("p" + std::to_string(i));
    *request.mutable_policy_set()->add_policies() = policy;
  }
  const auto many = Ask(*world.policies, &Stub::ApplyPolicies, request);
  CHECK(many.response.warnings_size() == 1000);
  CHECK(many.response.warnings_left_out() == 255);
}

TEST_CASE("a base revision that is not in force is refused") {
  ApiWorld world;
  world.Apply({ApiWorld::ReadPolicy("a", "github")});
  v1::ApplyPoliciesRequest request = Applying({ApiWorld::ReadPolicy("a", "stripe")});
  request.set_base_revision(2);
  CHECK(Ask(*world.policies, &Stub::ApplyPolicies, request).reason() == "ETAG_MISMATCH");
  request.set_base_revision(1);
  CHECK(Ask(*world.policies, &Stub::ApplyPolicies, request).response.revision() == 2);
}

TEST_CASE("a set that does not compile changes nothing and its error names policy and key") {
  ApiWorld world;
  v1::Policy bad = ApiWorld::ReadPolicy("triage", "github");
  bad.mutable_lease()->mutable_ttl()->set_seconds(0);
  auto answer = Ask(*world.policies, &Stub::ApplyPolicies, Applying({bad}));
  CHECK(answer.reason() == "INVALID_ARGUMENT");
  CHECK(answer.status.error_message().find("triage") != std::string::npos);
  CHECK(answer.status.error_message().find("ttl") != std::string::npos);
  CHECK(Ask(*world.policies, &Stub::GetPolicySet, v1::GetPolicySetRequest()).reason() ==
        "NOT_FOUND");
}

// Each of three operators applies a set of their own at the same moment; the reasons they get.
std::multiset<std::string> ApplyTogether(ApiWorld& world,
                                         const std::vector<v1::ApplyPoliciesRequest>& requests) {
  std::vector<std::string> reasons(requests.size());
  std::vector<std::thread> operators;
  for (size_t i = 0; i < requests.size(); ++i) {
    operators.emplace_back(
        [&, i] { reasons[i] = Ask(*world.policies, &Stub::ApplyPolicies, requests[i]).reason(); });
  }
  for (std::thread& each : operators) {
    each.join();
  }
  return {reasons.begin(), reasons.end()};
}

TEST_CASE("operators who apply at the same moment all succeed where none names a base") {
  ApiWorld world;
  for (int round = 0; round < 10; ++round) {
    std::vector<v1::ApplyPoliciesRequest> requests;
    for (int i = 0; i < 3; ++i) {
      std::string target = "target-" + std::to_string(round) + "-" + std::to_string(i);
      requests.push_back(Applying({ApiWorld::ReadPolicy("a", target)}));
    }
    CHECK(ApplyTogether(world, requests) == std::multiset<std::string>{"", "", ""});
  }
}

TEST_CASE("nobody's policy is dropped by another who applies at the same moment and never saw it") {
  ApiWorld world;
  for (int round = 0; round < 30; ++round) {
    world.Apply({});
    std::vector<v1::ApplyPoliciesRequest> requests;
    for (int i = 0; i < 3; ++i) {
      requests.push_back(Applying({ApiWorld::ReadPolicy("of-" + std::to_string(i), "target")}));
    }
    CHECK(ApplyTogether(world, requests) ==
          std::multiset<std::string>{"", "FAILED_PRECONDITION", "FAILED_PRECONDITION"});
  }
}

TEST_CASE("every revision can be read again, newest first in the list") {
  ApiWorld world;
  for (const char* target : {"t1", "t2", "t3"}) {
    world.Apply({ApiWorld::ReadPolicy("a", target)});
  }
  v1::GetPolicySetRequest get;
  CHECK(Ask(*world.policies, &Stub::GetPolicySet, get).response.revision() == 3);
  get.set_revision(1);
  auto first = Ask(*world.policies, &Stub::GetPolicySet, get);
  REQUIRE(first.status.ok());
  CHECK(first.response.policy_set().policies(0).allow(0).target() == "t1");
  CHECK(first.response.actor().starts_with("operator:uid="));
  get.set_revision(4);
  CHECK(Ask(*world.policies, &Stub::GetPolicySet, get).reason() == "NOT_FOUND");

  v1::ListRevisionsRequest list;
  list.set_page_size(2);
  auto page = Ask(*world.policies, &Stub::ListRevisions, list);
  REQUIRE(page.response.revisions_size() == 2);
  CHECK(page.response.revisions(0).revision() == 3);
  CHECK_FALSE(page.response.revisions(0).has_policy_set());
  list.set_page_token(page.response.next_page_token());
  page = Ask(*world.policies, &Stub::ListRevisions, list);
  REQUIRE(page.response.revisions_size() == 1);
  CHECK(page.response.revisions(0).revision() == 1);
  CHECK(page.response.next_page_token().empty());
}

}  // namespace
}  // namespace leasehold
