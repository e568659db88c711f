#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/policy_limits.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

std::string RefusalOf(const v1::PolicySet& set) {
  const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(1));
  REQUIRE(ReasonOf(compiled.status()) == Reason::kInvalidArgument);
  return std::string(compiled.status().message());
}

// A policy to which nothing is missing.
std::string Whole(const std::string& more) {
  return StrCat(R"(policies { name: "p" subjects { agents: "a" } secrets: "s" )", more, "}");
}

TEST_CASE("a set that nothing is wrong with compiles", "[policy][compile]") {
  const std::string more =
      GENERATE(as<std::string>{}, "", "effect: EFFECT_ALLOW", "effect: EFFECT_DENY",
               R"(workflows: ["triage", "triage/**", "*"])", "lease {}",
               "lease { ttl { seconds: 1 } }", "lease { ttl { seconds: 2592000 } }",
               "lease { ttl { seconds: 60 } max_ttl { seconds: 7776000 } }",
               "lease { max_ttl { seconds: 1 } }", "lease { delivery: DELIVERY_REVEALED }",
               R"(allow { target: "github" })", R"(allow { target: "github" access: ACCESS_READ
      methods: ["GET", "PROPFIND"] paths: ["/", "/a/*/b", "/**"] })");
  INFO(more);
  CHECK(CompileText(Whole(more))->revision() == PolicyRevision(1));
}

TEST_CASE("what is wrong with a set is said in one sentence with the policy's name and the key",
          "[policy][compile]") {
  struct Row {
    const char* set;
    const char* sentence;
  };
  const Row row = GENERATE(values<Row>({
      {"policies {}", "policies[0].name is empty"},
      {R"(policies { name: "A" })", "policies[0].name has 'A'; allowed are"},
      {R"(policies { name: "p" })", "policy p: subjects is empty"},
      {R"(policies { name: "p" subjects {} })", "policy p: subjects is empty"},
      {R"(policies { name: "p" subjects { agents: "a" } })", "policy p: secrets is empty"},
      {R"(policies { name: "p" subjects { agents: "A" } })", "subjects.agents[0] has 'A'"},
      {R"(policies { name: "p" subjects { agents: "a**" } })",
       "policy p: subjects.agents[0] has '**' beside"},
      {R"(policies { name: "p" subjects { groups: ["g", "*"] } })",
       "policy p: subjects.groups[1] has '*'"},
      {R"(policies { name: "p" subjects { groups: "" } })",
       "policy p: subjects.groups[0] is empty"},
      {R"(policies { name: "p" subjects { agents: "a" } secrets: "s/" })",
       "secrets[0] has an empty segment"},
      {R"(policies { name: "p" subjects { agents: "a" } secrets: "s" workflows: "" })",
       "workflows[0]"},
  }));
  INFO(row.set);
  CHECK_THAT(RefusalOf(FromText<v1::PolicySet>(row.set)), Catch::Contains(row.sentence));
}

TEST_CASE("what is wrong with a policy's sections is said with the key", "[policy][compile]") {
  struct Row {
    const char* more;
    const char* sentence;
  };
  const Row row = GENERATE(values<Row>({
      {"effect: EFFECT_DENY lease {}", "lease stands in a policy that denies"},
      {R"(effect: EFFECT_DENY allow { target: "t" })", "allow stands in a policy that denies"},
      {"lease { ttl {} }", "lease.ttl must be 1s to 30d"},
      {"lease { ttl { nanos: 999999999 } }", "lease.ttl must be 1s to 30d"},
      {"lease { ttl { seconds: -1 } }", "lease.ttl must be 1s to 30d"},
      {"lease { ttl { seconds: 2592001 } }", "lease.ttl must be 1s to 30d"},
      {"lease { ttl { seconds: 1 nanos: -1 } }", "lease.ttl must be 1s to 30d"},
      {"lease { ttl { seconds: 9223372036854775807 } }", "lease.ttl must be 1s to 30d"},
      {"lease { max_ttl {} }", "lease.max_ttl must be 1s to 90d"},
      {"lease { max_ttl { seconds: 7776001 } }", "lease.max_ttl must be 1s to 90d"},
      {"lease { ttl { seconds: 61 } max_ttl { seconds: 60 } }", "lease.max_ttl is shorter"},
      {"allow {}", "allow[0].target is missing"},
      {R"(allow { target: "targets/github" })", "allow[0].target has a '/'"},
      {R"(allow { target: "t" } allow { target: "T" })", "allow[1].target has 'T'"},
      {R"(allow { target: "t" methods: ["GET", "get"] })", "allow[0].methods[1] is not a method"},
      {R"(allow { target: "t" methods: "TRACE" })", "allow[0].methods[0] is TRACE"},
      {R"(allow { target: "t" paths: "a" })", "allow[0].paths[0] does not start with '/'"},
      {R"(allow { target: "t" paths: ["/", "/a/../b"] })", "allow[0].paths[1] has a '.' or '..'"},
      {R"(allow { target: "t" paths: "/a//b" })", "allow[0].paths[0] has '//'"},
      {R"(allow { target: "t" paths: "/a%2fb" })", "allow[0].paths[0] has a '%'"},
      {R"(allow { target: "t" paths: "/a?b" })", "allow[0].paths[0] has a query"},
  }));
  INFO(row.more);
  CHECK_THAT(RefusalOf(FromText<v1::PolicySet>(Whole(row.more))),
             Catch::StartsWith("policy p: ") && Catch::Contains(row.sentence));
}

TEST_CASE("a number that this version has no word for is refused", "[policy][compile]") {
  auto set = FromText<v1::PolicySet>(Whole(R"(lease {} allow { target: "t" })"));
  v1::Policy* policy = set.mutable_policies(0);
  SECTION("effect") {
    policy->set_effect(static_cast<v1::Effect>(7));
    CHECK_THAT(RefusalOf(set), Catch::Contains("policy p: effect is not known"));
  }
  SECTION("delivery") {
    policy->mutable_lease()->set_delivery(static_cast<v1::Delivery>(7));
    CHECK_THAT(RefusalOf(set), Catch::Contains("policy p: lease.delivery is not known"));
  }
  SECTION("access") {
    policy->mutable_allow(0)->set_access(static_cast<v1::Access>(7));
    CHECK_THAT(RefusalOf(set), Catch::Contains("policy p: allow[0].access is not known"));
  }
}

TEST_CASE("a section of a later version is refused, not ignored", "[policy][compile]") {
  auto set = FromText<v1::PolicySet>(Whole(R"(allow { target: "t" })"));
  google::protobuf::Message* const messages[] = {&set, set.mutable_policies(0),
                                                 set.mutable_policies(0)->mutable_allow(0)};
  google::protobuf::Message* const message = messages[GENERATE(range(0, 3))];
  message->GetReflection()->MutableUnknownFields(message)->AddVarint(999, 1);
  CHECK_THAT(RefusalOf(set), Catch::Contains("not known to this version"));
}

TEST_CASE("a megabyte of names is a set like another, and one name of a megabyte is none",
          "[policy][compile]") {
  v1::PolicySet set;
  for (size_t i = 0; i < kPoliciesMax; ++i) {
    v1::Policy* policy = set.add_policies();
    policy->set_name(StrCat(std::string(60, 'a'), "/", std::string(60, 'b'), "/", i));
    policy->mutable_subjects()->add_agents("bot");
    policy->add_secrets("**");
  }
  REQUIRE(set.ByteSizeLong() > 1'000'000);
  CHECK(CompiledPolicies::Compile(set, PolicyRevision(1)).ok());
  set.mutable_policies(7)->set_name(std::string(1'000'000, 'a'));
  CHECK(RefusalOf(set) == "policies[7].name has 1000000 bytes; at most 200 are allowed");
}

TEST_CASE("a rate window of zero is refused", "[policy][compile]") {
  for (const char* per : {"", "per {}", "per { nanos: 999999999 }", "per { seconds: -1 }"}) {
    CAPTURE(per);
    CHECK_THAT(RefusalOf(FromText<v1::PolicySet>(
                   Whole(StrCat("limits { by: BY_AGENT max: 1 ", per, " }")))),
               Catch::StartsWith("policy p: limits[0].per must be"));
  }
}

TEST_CASE("two policies cannot have one name", "[policy][compile]") {
  CHECK_THAT(RefusalOf(FromText<v1::PolicySet>(Whole("") + Whole(""))),
             Catch::Contains("policy p: name is used twice"));
}

TEST_CASE("limits of a set", "[policy][compile]") {
  v1::PolicySet set;
  const auto add = [&set] {
    v1::Policy* policy = set.add_policies();
    policy->set_name(StrCat("p", set.policies_size()));
    policy->mutable_subjects()->add_agents("a");
    policy->add_secrets("s");
    return policy;
  };
  const auto compiles = [&set] { return CompiledPolicies::Compile(set, PolicyRevision(1)).ok(); };
  SECTION("policies") {
    for (int i = 0; i < 10'000; ++i) add();
    CHECK(compiles());
    add();
    CHECK_THAT(RefusalOf(set), Catch::Contains("10001 policies; at most 10000"));
  }
  SECTION("rules of a policy") {
    v1::Policy* policy = add();
    for (int i = 0; i < 100; ++i) policy->add_allow()->set_target("t");
    CHECK(compiles());
    policy->add_allow()->set_target("t");
    CHECK_THAT(RefusalOf(set), Catch::Contains("policy p1: allow has 101 rules; at most 100"));
  }
  SECTION("entries of a list") {
    v1::Policy* policy = add();
    while (policy->secrets_size() < 256) policy->add_secrets("s");
    CHECK(compiles());
    policy->add_secrets("s");
    CHECK_THAT(RefusalOf(set), Catch::Contains("policy p1: secrets has 257 entries"));
  }
  SECTION("entries of a set") {
    for (int i = 0; i < 400; ++i) {
      v1::Policy* policy = add();
      while (policy->secrets_size() < 249) policy->add_secrets("s");
    }
    CHECK(compiles());
    add();
    CHECK_THAT(RefusalOf(set), Catch::Contains("policy p401: the lists up to here"));
  }
}

TEST_CASE("the empty set is revision 0 and allows nothing", "[policy][compile]") {
  const auto empty = CompiledPolicies::Empty();
  CHECK(empty->revision() == PolicyRevision(0));
  const DecisionSubject subject{"a", {}, "default", "s"};
  CHECK_FALSE(empty->DecideLease(subject, Delivery::kBrokered).allowed);
  CHECK_FALSE(empty->DecideUse({subject, "t", "GET", "/", true}).allowed);
  CHECK_FALSE(empty->DecideReveal(subject).allowed);
}

}  // namespace
}  // namespace leasehold
