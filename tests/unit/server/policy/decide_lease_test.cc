#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "server/policy/compiled_policies.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

const char* const kSet = R"(
  policies { name: "triage-reads-github" subjects { groups: "support-bots" }
    workflows: ["triage", "triage/**"] secrets: "github/readonly-pat"
    lease { ttl { seconds: 900 } max_ttl { seconds: 3600 } } }
  policies { name: "ci-deploys" subjects { agents: "ci-*" } secrets: "deploy/**"
    lease { ttl { seconds: 60 } } }
  policies { name: "ci-deploys-slowly" subjects { agents: "ci-*" } secrets: "deploy/eu"
    lease { ttl { seconds: 120 } max_ttl { seconds: 240 } } }
  policies { name: "ci-deploys-as-slowly" subjects { agents: "ci-*" } secrets: "deploy/eu"
    lease { ttl { seconds: 120 } max_ttl { seconds: 960 } } }
  policies { name: "humans-see" subjects { agents: "human" } secrets: "deploy/us"
    lease { delivery: DELIVERY_REVEALED } }
  policies { name: "humans-ask" subjects { agents: "human" } secrets: "deploy/**"
    lease { ttl { seconds: 1800 } } }
  policies { name: "no-prod-from-sandbox" effect: EFFECT_DENY subjects { groups: "sandbox" }
    secrets: ["prod/**", "deploy/eu"] })";

struct Row {
  const char* why;
  const char* agent;
  std::vector<std::string_view> groups;
  const char* workflow;
  const char* secret;
  Delivery delivery;
  Reason reason;
  bool visible;
  const char* policy;
  int ttl_s;
  int max_ttl_s;
};

TEST_CASE("a lease is decided by the policies that cover it", "[policy][lease]") {
  constexpr auto kB = Delivery::kBrokered;
  constexpr auto kR = Delivery::kRevealed;
  const std::string_view support = "support-bots";
  const std::string_view sandbox = "sandbox";
  const Row row = GENERATE_COPY(values<Row>({
      {"a member in its workflow",
       "bot",
       {support},
       "triage",
       "github/readonly-pat",
       kB,
       Reason::kNone,
       true,
       "triage-reads-github",
       900,
       3600},
      {"a member below its workflow",
       "bot",
       {sandbox, support},
       "triage/eu",
       "github/readonly-pat",
       kB,
       Reason::kNone,
       true,
       "triage-reads-github",
       900,
       3600},
      {"another workflow",
       "bot",
       {support},
       "default",
       "github/readonly-pat",
       kB,
       Reason::kNotFoundOrForbidden,
       false,
       "",
       0,
       0},
      {"another secret",
       "bot",
       {support},
       "triage",
       "github/pat",
       kB,
       Reason::kNotFoundOrForbidden,
       false,
       "",
       0,
       0},
      {"no member",
       "bot",
       {},
       "triage",
       "github/readonly-pat",
       kB,
       Reason::kNotFoundOrForbidden,
       false,
       "",
       0,
       0},
      {"an agent named like the group",
       "support-bots",
       {},
       "triage",
       "github/readonly-pat",
       kB,
       Reason::kNotFoundOrForbidden,
       false,
       "",
       0,
       0},
      {"brokered is not revealed",
       "bot",
       {support},
       "triage",
       "github/readonly-pat",
       kR,
       Reason::kDeliveryNotAllowed,
       true,
       "triage-reads-github",
       0,
       0},
      {"max_ttl is ttl where left out",
       "ci-1",
       {},
       "default",
       "deploy/us",
       kB,
       Reason::kNone,
       true,
       "ci-deploys",
       60,
       60},
      {"the longest ttl decides, the first of equals",
       "ci-1",
       {},
       "default",
       "deploy/eu",
       kB,
       Reason::kNone,
       true,
       "ci-deploys-slowly",
       120,
       240},
      {"a deny beats any allow",
       "ci-1",
       {sandbox},
       "default",
       "deploy/eu",
       kB,
       Reason::kPolicyDenied,
       true,
       "no-prod-from-sandbox",
       0,
       0},
      {"a deny shows nothing",
       "ci-1",
       {sandbox},
       "default",
       "prod/db",
       kB,
       Reason::kNotFoundOrForbidden,
       false,
       "",
       0,
       0},
      {"revealed where the policy says so",
       "human",
       {},
       "default",
       "deploy/us",
       kR,
       Reason::kNone,
       true,
       "humans-see",
       900,
       900},
      {"revealed also permits brokered",
       "human",
       {},
       "default",
       "deploy/us",
       kB,
       Reason::kNone,
       true,
       "humans-ask",
       1800,
       1800},
      {"not revealed elsewhere",
       "human",
       {},
       "default",
       "deploy/eu",
       kR,
       Reason::kDeliveryNotAllowed,
       true,
       "humans-ask",
       0,
       0},
  }));
  INFO(row.why);
  const auto policies = CompileText(kSet);
  const LeaseDecision decision =
      policies->DecideLease({row.agent, row.groups, row.workflow, row.secret}, row.delivery);
  CHECK(decision.allowed == (row.reason == Reason::kNone));
  CHECK(decision.reason == row.reason);
  CHECK(decision.visible == row.visible);
  CHECK(decision.policy == row.policy);
  CHECK(decision.ttl == absl::Seconds(row.ttl_s));
  CHECK(decision.max_ttl == absl::Seconds(row.max_ttl_s));
}

TEST_CASE("a life that is shorter than the usual time shortens it", "[policy][lease]") {
  const auto policies = CompileText(R"(policies { name: "p" subjects { agents: "a" } secrets: "s"
    lease { max_ttl { seconds: 60 } } })");
  const LeaseDecision decision =
      policies->DecideLease({"a", {}, "default", "s"}, Delivery::kBrokered);
  CHECK(decision.ttl == absl::Seconds(60));
  CHECK(decision.max_ttl == absl::Seconds(60));
}

TEST_CASE("a value is revealed only where a policy says so", "[policy][reveal]") {
  const std::string_view sandbox[] = {"sandbox"};
  const auto policies = CompileText(kSet);
  SECTION("allowed") {
    const UseDecision decision = policies->DecideReveal({"human", {}, "default", "deploy/us"});
    CHECK(decision.allowed);
    CHECK(decision.reason == Reason::kNone);
    CHECK(decision.policy == "humans-see");
    CHECK(decision.rule == "lease");
    CHECK(decision.action == "REVEAL");
  }
  SECTION("brokered only") {
    const UseDecision decision = policies->DecideReveal({"human", {}, "default", "deploy/eu"});
    CHECK_FALSE(decision.allowed);
    CHECK(decision.reason == Reason::kPolicyDenied);
    CHECK(decision.visible);
    CHECK(decision.policy == "humans-ask");
    CHECK(decision.rule == "lease");
    CHECK(decision.hint == "policy humans-ask allows brokered delivery only");
  }
  SECTION("denied") {
    const UseDecision decision = policies->DecideReveal({"human", sandbox, "default", "deploy/eu"});
    CHECK_FALSE(decision.allowed);
    CHECK(decision.policy == "no-prod-from-sandbox");
    CHECK(decision.rule == "deny");
    CHECK(decision.hint == "policy no-prod-from-sandbox denies it");
  }
  SECTION("unseen") {
    const UseDecision decision = policies->DecideReveal({"other", {}, "default", "deploy/us"});
    CHECK_FALSE(decision.allowed);
    CHECK_FALSE(decision.visible);
    CHECK(decision.policy == "");
    CHECK(decision.hint == "");
  }
}

}  // namespace
}  // namespace leasehold
