#include "server/policy/policy_warnings.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "leasehold/v1/identity.pb.h"
#include "server/base/str_cat.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

std::shared_ptr<const CompiledTarget> TargetOf(const std::string& text) {
  auto target = CompiledTarget::Compile(FromText<v1::Target>(
      StrCat(R"(base_url: "http://example.com" injection { basic {} } )", text)));
  INFO(target.status().message());
  REQUIRE(target.ok());
  return *target;
}

KnownNames Known() {
  return {.agents = {"bot", "bot-2", "ci/a"},
          .groups = {"leads", "staff"},
          .secrets = {"db/eu", "git/pat"},
          .targets = {{"github", TargetOf(R"(name: "targets/github" secrets: "git/**"
                          read { methods: "GET" paths: "/repos/**" tools: "get_*" })")},
                      {"plain", TargetOf(R"(name: "targets/plain" secrets: "**")")}}};
}

std::vector<std::string> Found(const v1::PolicySet& set) {
  const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(1));
  INFO(compiled.status().message());
  REQUIRE(compiled.ok());
  std::vector<std::string> found;
  for (const FoundWarning& each : FindWarnings(set, **compiled, Known(), kNow)) {
    found.push_back(StrCat(each.position, " ", each.policy, " ", each.key, ": ", each.message));
  }
  return found;
}

// A policy about bot and git/pat, and `more`.
v1::PolicySet SetOf(const std::string& more) {
  v1::PolicySet set;
  *set.add_policies() =
      FromText<v1::Policy>(R"(name: "p" subjects { agents: "bot" } secrets: "git/pat")");
  set.mutable_policies(0)->MergeFrom(FromText<v1::Policy>(more));
  return set;
}

TEST_CASE("what is probably a mistake in a policy is found and named", "[policy][warnings]") {
  struct Row {
    const char* why;
    std::string more;
    std::vector<std::string> expected;
  };
  const Row row = GENERATE(values<Row>({
      {"nothing is wrong",
       R"(allow { target: "github" access: ACCESS_READ paths: "/repos/a/**" })",
       {}},
      {"an agent",
       R"(subjects { agents: "bod" })",
       {"0 p subjects.agents[1]: there is no agent bod"}},
      {"a pattern of agents",
       R"(subjects { agents: ["bot*", "**", "cd/*", "**/a"] })",
       {"0 p subjects.agents[3]: there is no agent that cd/* matches"}},
      {"a group, by its place as sent",
       R"(subjects { groups: ["staff", "ops", "leads"] })",
       {"0 p subjects.groups[1]: there is no group ops"}},
      {"a group of users",
       R"(subjects { on_behalf_of { users: "x" groups: "night" } })",
       {"0 p subjects.on_behalf_of.groups[0]: there is no group night"}},
      {"secrets",
       R"(secrets: ["git/**", "git/**/pat", "hub/**"])",
       {"0 p secrets[3]: there is no secret that hub/** matches"}},
      {"approvers",
       R"(approval { group: "bosses" })",
       {"0 p approval.group: there is no group bosses, so nobody can approve"}},
      {"a target",
       R"(allow { target: "plain" } allow { target: "gitlab" })",
       {"0 p allow[1].target: there is no target gitlab"}},
      {"reads by a method that is none",
       R"(allow { target: "github" access: ACCESS_READ methods: "POST" })",
       {"0 p allow[0].methods: target github calls nothing of this a read, so the rule never "
        "matches"}},
      {"reads where none are",
       R"(allow { target: "github" access: ACCESS_READ methods: "GET" paths: "/user/*" })",
       {"0 p allow[0].paths: target github calls nothing of this a read, so the rule never "
        "matches"}},
      {"tools that read",
       R"(allow { target: "github" access: ACCESS_READ tools { name: "*" } })",
       {}},
      {"tools that read where none do",
       R"(allow { target: "plain" access: ACCESS_READ tools { name: "*" } })",
       {"0 p allow[0].access: target plain calls no tool a read, so a rule for reads never "
        "matches; list them in the target's read.tools"}},
      {"a rule behind one that is wider",
       R"(allow { target: "plain" paths: "/a/**" }
          allow { target: "plain" access: ACCESS_READ methods: "GET" paths: ["/a", "/a/*/b"] })",
       {"0 p allow[1]: never decides, since allow[0] allows all of it"}},
      {"a rule behind one that is narrower",
       R"(allow { target: "plain" access: ACCESS_READ paths: "/a/**" }
          allow { target: "plain" paths: "/a/**" })",
       {}},
      {"a time of observing that has passed",
       R"(mode: MODE_OBSERVE observe_until { seconds: 1700000000 })",
       {"0 p observe_until: lies in the past, so the policy is enforced"}},
  }));
  INFO(row.why);
  CHECK(Found(SetOf(row.more)) == row.expected);
}

TEST_CASE("a target that may inject none of the policy's secrets is told", "[policy][warnings]") {
  const auto set = FromText<v1::PolicySet>(R"(policies { name: "p" subjects { agents: "bot" }
      secrets: "db/**" allow { target: "github" } })");
  CHECK(Found(set) ==
        std::vector<std::string>{
            "0 p allow[0].target: target github may inject no secret that this policy is about, "
            "so the rule never matches"});
}

TEST_CASE("an allow policy that a deny policy covers whole is told", "[policy][warnings]") {
  struct Row {
    const char* why;
    std::string allow;
    std::string deny;
    bool shadowed;
  };
  const Row row = GENERATE(values<Row>({
      {"the same", R"(subjects { agents: "bot" } secrets: "git/pat")",
       R"(subjects { agents: "bot" } secrets: "git/pat")", true},
      {"wider patterns", R"(subjects { agents: "ci/*" } secrets: ["git/pat", "git/*"])",
       R"(subjects { agents: "ci/**" } secrets: "git/**")", true},
      {"every agent covers every group", R"(subjects { groups: "staff" } secrets: "git/pat")",
       R"(subjects { agents: "**" } secrets: "git/pat")", true},
      {"a secret more", R"(subjects { agents: "bot" } secrets: ["git/pat", "db/eu"])",
       R"(subjects { agents: "bot" } secrets: "git/*")", false},
      {"a group more", R"(subjects { agents: "bot" groups: "staff" } secrets: "git/pat")",
       R"(subjects { agents: "bot" } secrets: "git/pat")", false},
      {"workflows are narrower", R"(subjects { agents: "bot" } secrets: "git/pat")",
       R"(subjects { agents: "bot" } secrets: "git/pat" workflows: "triage")", false},
      {"workflows are wider",
       R"(subjects { agents: "bot" } secrets: "git/pat" workflows: "triage/eu")",
       R"(subjects { agents: "bot" } secrets: "git/pat" workflows: "triage/**")", true},
      {"users are narrower", R"(subjects { agents: "bot" } secrets: "git/pat")",
       R"(subjects { agents: "bot" on_behalf_of { users: "*" } } secrets: "git/pat")", false},
      {"users are wider",
       R"(subjects { agents: "bot" on_behalf_of { users: "corp:m*" } } secrets: "git/pat")",
       R"(subjects { agents: "bot" on_behalf_of { users: "corp:*" } } secrets: "git/pat")", true},
      {"another time",
       R"(subjects { agents: "bot" } secrets: "git/pat" when { days: "mon" zone: "UTC" })",
       R"(subjects { agents: "bot" } secrets: "git/pat" when { days: "tue" zone: "UTC" })", false},
      {"it is only observed", R"(subjects { agents: "bot" } secrets: "git/pat")",
       R"(subjects { agents: "bot" } secrets: "git/pat" mode: MODE_OBSERVE
          observe_until { seconds: 1800000001 })",
       false},
  }));
  INFO(row.why);
  const std::vector<std::string> found = Found(
      FromText<v1::PolicySet>(StrCat(R"(policies { name: "no" effect: EFFECT_DENY )", row.deny,
                                     R"( } policies { name: "yes" )", row.allow, " }")));
  const std::string sentence = "1 yes name: allows nothing, since policy no denies all of it";
  CHECK((found == std::vector<std::string>{sentence}) == row.shadowed);
}

TEST_CASE("a set too large to be looked through whole is looked through in bounded time",
          "[policy][warnings]") {
  v1::PolicySet set;
  for (int i = 0; i < 10'000; ++i) {
    v1::Policy* policy = set.add_policies();
    policy->set_name(StrCat("p", i));
    policy->mutable_subjects()->add_agents("bot");
    policy->add_secrets(StrCat("git/p", 10'000 + i, "*"));
    if (i % 2 == 0) policy->set_effect(v1::EFFECT_DENY);
  }
  // The last one would be denied by the first, were there time to know.
  *set.mutable_policies(9'999)->mutable_secrets(0) = set.policies(0).secrets(0);
  const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(1));
  REQUIRE(compiled.ok());
  const auto found = FindWarnings(set, **compiled, Known(), kNow);
  CHECK(found.size() == 10'000);  // no such secret, each
}

}  // namespace
}  // namespace leasehold
