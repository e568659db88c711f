#include "server/policy/observe_mode.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);
constexpr int64_t kMonth = 30 * 24 * 3600;

v1::PolicySet Set(const std::string& more) {
  return FromText<v1::PolicySet>(
      "policies { name: \"p\" subjects { agents: \"a\" } secrets: \"s\" " + more + " }");
}

TEST_CASE("a policy is observed for thirty days unless it says something else",
          "[policy][observe]") {
  v1::PolicySet set = Set("mode: MODE_OBSERVE");
  REQUIRE(FillObserveUntil({}, kNow, &set).ok());
  CHECK(set.policies(0).observe_until().seconds() == 1'800'000'000 + kMonth);
  SECTION("applied again, it ends when it would have") {
    v1::PolicySet again = Set("mode: MODE_OBSERVE");
    REQUIRE(FillObserveUntil(set, kNow + absl::Hours(24 * 40), &again).ok());
    CHECK(again.policies(0).observe_until().seconds() == 1'800'000'000 + kMonth);
  }
  SECTION("a policy that differs starts anew") {
    v1::PolicySet other = Set("mode: MODE_OBSERVE workflows: \"w\"");
    REQUIRE(FillObserveUntil(set, kNow + absl::Hours(24), &other).ok());
    CHECK(other.policies(0).observe_until().seconds() == 1'800'000'000 + kMonth + 24 * 3600);
  }
  SECTION("what it says is kept, also once it has passed") {
    v1::PolicySet past = Set("mode: MODE_OBSERVE observe_until { seconds: 1700000000 }");
    REQUIRE(FillObserveUntil(set, kNow, &past).ok());
    CHECK(past.policies(0).observe_until().seconds() == 1'700'000'000);
  }
  SECTION("an enforced one is left alone") {
    v1::PolicySet enforced = Set("");
    REQUIRE(FillObserveUntil(set, kNow, &enforced).ok());
    CHECK_FALSE(enforced.policies(0).has_observe_until());
  }
}

TEST_CASE("a policy is not observed for longer than thirty days", "[policy][observe]") {
  v1::PolicySet set = Set("mode: MODE_OBSERVE observe_until { seconds: 1802592001 }");
  const absl::Status status = FillObserveUntil({}, kNow, &set);
  REQUIRE(ReasonOf(status) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(status.message()),
             Catch::StartsWith("policy p: observe_until must be a time at most 30 days from now"));
}

TEST_CASE("observing ends by itself", "[policy][observe]") {
  const auto policies = CompileText(R"(
      policies { name: "all" subjects { agents: "a" } secrets: "s" allow { target: "t" } }
      policies { name: "no" effect: EFFECT_DENY subjects { agents: "a" } secrets: "s"
        mode: MODE_OBSERVE observe_until { seconds: 1800000000 } })");
  UseQuery query{.subject = {.agent = "a", .workflow = "w", .secret = "s"},
                 .target = "t",
                 .method = "GET",
                 .path = "/"};
  query.subject.time = kNow - absl::Milliseconds(1);
  UseDecision decision = policies->DecideUse(query);
  CHECK(decision.allowed);
  CHECK(decision.not_enforced);
  CHECK(decision.policy == "no");
  CHECK(decision.reason == Reason::kPolicyDenied);
  CHECK(policies->ObservedAt(query.subject.time) == std::vector<std::string_view>{"no"});
  CHECK_FALSE(policies->DecideDeny(query.subject).denied);
  CHECK(policies->DecideDeny(query.subject).not_enforced.any());
  query.subject.time = kNow;
  decision = policies->DecideUse(query);
  CHECK_FALSE(decision.allowed);
  CHECK_FALSE(decision.not_enforced);
  CHECK(policies->ObservedAt(query.subject.time).empty());
  CHECK(policies->DecideDeny(query.subject).denied);
}

TEST_CASE("an observed policy lets pass neither what it does not cover nor what is never allowed",
          "[policy][observe]") {
  const auto policies = CompileText(R"(
      policies { name: "tried" subjects { agents: "a" } secrets: "s" mode: MODE_OBSERVE
        observe_until { seconds: 1900000000 } allow { target: "t" access: ACCESS_READ } })");
  const auto ask = [&](std::string_view agent, std::string_view method, std::string_view path) {
    return policies->DecideUse(
        {.subject = {.agent = agent, .workflow = "w", .secret = "s", .time = kNow},
         .target = "t",
         .method = method,
         .path = path});
  };
  CHECK(ask("a", "POST", "/x").not_enforced);
  CHECK(ask("a", "POST", "/x").rule == "allow[0]");
  CHECK_FALSE(ask("b", "POST", "/x").allowed);
  CHECK_FALSE(ask("a", "TRACE", "/x").allowed);
  CHECK_FALSE(ask("a", "POST", "/x/../y").allowed);
  // What is revealed cannot be taken back, so delivery is no matter of trying out.
  CHECK_FALSE(
      policies->DecideReveal({.agent = "a", .workflow = "w", .secret = "s", .time = kNow}).allowed);
}

}  // namespace
}  // namespace leasehold
