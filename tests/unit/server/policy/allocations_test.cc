// Decisions run once a use while all other writers wait, so they take no memory. This file counts:
// it replaces the program's operator new, which the sanitizers do too and better, so with them
// there is nothing here.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

#include <atomic>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

#include "server/base/str_cat.h"
#include "server/policy/compiled_policies.h"
#include "tests/unit/server/policy/policy_text.h"

namespace {
std::atomic<int> allocations{0};
}

void* operator new(size_t size) {
  ++allocations;
  void* memory = std::malloc(size);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }

namespace leasehold {
namespace {

const char* const kSet = R"(
  policies { name: "other" subjects { agents: "**" groups: ["a", "b"] } secrets: "**/pat"
    allow { target: "gitlab" } }
  policies { name: "reads" subjects { groups: ["a", "support-bots"] } workflows: "triage/**"
    secrets: "github/*" lease { delivery: DELIVERY_REVEALED }
    allow { target: "github" access: ACCESS_READ paths: ["/user", "/repos/*/a-rather-long-name/**"] }
  }
  policies { name: "no" effect: EFFECT_DENY subjects { groups: "sandbox" } secrets: "**" })";

TEST_CASE("an allowed use takes memory for its action alone", "[policy][use]") {
  const auto policies = CompileText(kSet);
  const std::string_view groups[] = {"staff", "support-bots"};
  const UseQuery query{{"bot", groups, "triage/eu", "github/pat"},
                       "github",
                       "GET",
                       "/repos/acme/a-rather-long-name/issues/17",
                       true};
  const int before = allocations;
  const UseDecision decision = policies->DecideUse(query);
  const int after = allocations;
  CHECK(decision.allowed);
  CHECK(after - before <= 1);
  CHECK(after > 0);  // the counter counts
}

TEST_CASE("neither does one among many policies that cover the same", "[policy][use]") {
  std::string set;
  for (int i = 0; i < 100; ++i) {
    set += StrCat("policies { name: 'p", i, "' subjects { groups: 'staff' } secrets: '**'\n",
                  "allow { target: 'github' paths: '/a-rather-long-name/of-", i, "/**' }\n",
                  "allow { target: 'mcp' tools { name: 'get_", i, "_*' } } }\n");
  }
  const auto policies = CompileText(set);
  const std::string_view groups[] = {"staff"};
  UseQuery query{{"bot", groups, "default", "github/pat"},
                 "github",
                 "GET",
                 "/a-rather-long-name/of-71/issues/17",
                 true};
  int before = allocations;
  UseDecision decision = policies->DecideUse(query);
  CHECK(allocations - before <= 1);
  CHECK(decision.policy == "p71");
  query.target = "mcp";
  query.tool = "get_99_issues";
  before = allocations;
  decision = policies->DecideUse(query);
  CHECK(allocations - before <= 1);
  CHECK(decision.policy == "p99");
}

TEST_CASE("a decision about a lease takes no memory", "[policy][lease]") {
  const auto policies = CompileText(kSet);
  const std::string_view groups[] = {"staff", "support-bots"};
  const DecisionSubject subject{"bot", groups, "triage/eu", "github/pat"};
  const int before = allocations;
  const LeaseDecision lease = policies->DecideLease(subject, Delivery::kRevealed);
  const UseDecision reveal = policies->DecideReveal(subject);
  const int after = allocations;
  CHECK(lease.allowed);
  CHECK(reveal.allowed);
  CHECK(after == before);
}

}  // namespace
}  // namespace leasehold

#endif
