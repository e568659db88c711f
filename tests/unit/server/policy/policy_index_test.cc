#include "server/policy/policy_index.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/str_cat.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

CompiledPolicy Make(const std::string& text) {
  SetBudget budget;
  auto policy = CompilePolicy(FromText<v1::Policy>(text), 0, &budget);
  INFO(policy.status().message());
  REQUIRE(policy.ok());
  return *std::move(policy);
}

std::vector<uint32_t> Candidates(const PolicyIndex& index, const DecisionSubject& subject) {
  std::vector<uint32_t> places;
  index.ForEachCandidate(subject,
                         [&](const PolicyBlock& block) { places.push_back(block.first_place()); });
  return places;
}

TEST_CASE("a policy is found by whatever tells it apart from ten thousand others",
          "[policy][index]") {
  struct Row {
    const char* why;
    std::string policy;  // with # for the number
    std::string agent;
    std::string group;
    std::string workflow;
    std::string secret;
    std::string user;
  };
  const Row row = GENERATE(values<Row>({
      {"agents", R"(subjects { agents: "bot-#" } secrets: "**")", "bot-#", "all", "w", "s/a"},
      {"agents below", R"(subjects { agents: "team-#/**" } secrets: "**")", "team-#/bot", "all",
       "w", "s/a"},
      {"groups", R"(subjects { groups: "team-#" } secrets: "**")", "bot", "team-#", "w", "s/a"},
      {"secrets", R"(subjects { groups: "all" } secrets: "team-#/db")", "bot", "all", "w",
       "team-#/db"},
      {"secrets below", R"(subjects { agents: "**" } secrets: "team-#/**")", "bot", "all", "w",
       "team-#/a/b"},
      {"secrets with a star in a segment", R"(subjects { agents: "**" } secrets: "team-#/a*b/c")",
       "bot", "all", "w", "team-#/ab/c"},
      {"workflows", R"(subjects { agents: "**" } secrets: "**" workflows: "team-#/*")", "bot",
       "all", "team-#/deploy", "s/a"},
      {"agents that begin alike", R"(subjects { agents: "bot-#-*" } secrets: "**")", "bot-#-a",
       "all", "w", "s/a"},
      {"users", R"(subjects { agents: "**" on_behalf_of { users: "corp:#-*" } } secrets: "**")",
       "bot", "all", "w", "s/a", "corp:#-mia"},
      {"one of two secrets", R"(subjects { groups: "all" } secrets: ["a-#", "b-#/**"])", "bot",
       "all", "w", "b-#/c"},
  }));
  INFO(row.why);
  const auto numbered = [](std::string text, int number) {
    for (size_t at = text.find('#'); at != std::string::npos; at = text.find('#')) {
      text.replace(at, 1, StrCat(number));
    }
    return text;
  };
  std::vector<CompiledPolicy> policies;
  for (int i = 0; i < 10'000; ++i) {
    policies.push_back(Make(StrCat("name: \"p\" ", numbered(row.policy, i))));
  }
  const PolicyIndex index(policies, false);
  const std::string agent = numbered(row.agent, 4711);
  const std::string group = numbered(row.group, 4711);
  const std::string_view groups[] = {group};
  const std::string workflow = numbered(row.workflow, 4711);
  const std::string secret = numbered(row.secret, 4711);
  const std::string user = numbered(row.user, 4711);
  const DecisionSubject subject{agent, groups, workflow, secret, user};
  REQUIRE(Covers(policies[4711], subject));
  CHECK(Candidates(index, subject) == std::vector<uint32_t>{4711});
}

TEST_CASE("an index holds the policies of one effect", "[policy][index]") {
  std::vector<CompiledPolicy> policies;
  policies.push_back(Make(R"(name: "p" subjects { agents: "a" } secrets: "s")"));
  policies.push_back(
      Make(R"(name: "q" subjects { agents: "a" } secrets: "s" effect: EFFECT_DENY)"));
  const DecisionSubject subject{"a", {}, "default", "s"};
  CHECK(Candidates(PolicyIndex(policies, false), subject) == std::vector<uint32_t>{0});
  CHECK(Candidates(PolicyIndex(policies, true), subject) == std::vector<uint32_t>{1});
}

TEST_CASE("policies that cover the same are found as one", "[policy][index]") {
  std::vector<CompiledPolicy> policies;
  for (const char* rest : {R"(lease { ttl { seconds: 60 } })", R"(allow { target: "t" })",
                           R"(workflows: "w")", R"(approval { group: "g" })"}) {
    policies.push_back(
        Make(StrCat(R"(name: "p" subjects { agents: "**" groups: "g" } secrets: "**" )", rest)));
  }
  const DecisionSubject subject{"a", {}, "w", "s"};
  std::vector<uint32_t> found = Candidates(PolicyIndex(policies, false), subject);
  std::sort(found.begin(), found.end());
  CHECK(found == std::vector<uint32_t>{0, 2, 3});
}

}  // namespace
}  // namespace leasehold
