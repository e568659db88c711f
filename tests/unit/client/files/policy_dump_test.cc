#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "client/files/policy_file.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

TEST_CASE("a set is written as people write it", "[files][policy]") {
  const std::string text = R"(version: 1
policies:
- name: triage-reads-github
  subjects: {agents: ["ci/*"], groups: [support-bots]}
  workflows: [triage, "triage/**"]
  secrets: [github/readonly-pat]
  lease: {ttl: 15m, max_ttl: 1h30m, delivery: brokered, max_active: 5, binding: identity}
  when: [{days: [mon, fri], start: "08:00", end: "18:00", zone: "Europe/Berlin"}]
  approval: {approvers: 2, group: oncall, valid_for: 1h, uses: 1, expires: 1d}
  limits: [{by: agent, max: 60, per: 1m}, {by: secret, max: 1000, per: 1d}]
  allow:
  - {target: github, access: read, methods: [GET], paths: ["/repos/acme/**"]}
  - {target: gitlab}
  - {target: gh-mcp, tools: [{name: get_issue, args: {"/owner": {equals: acme}}}]}
- name: no-prod-from-sandbox
  effect: deny
  mode: observe
  observe_until: "2030-12-31T23:59:59+00:00"
  subjects: {groups: [sandbox], on_behalf_of: {users: ["corp:*"]}}
  secrets: ["prod/**"]
)";
  const auto set = ParsePolicies(text, "p.yaml");
  INFO(set.status().message());
  REQUIRE(set.ok());
  CHECK(DumpPolicySet(*set) == text);
  CHECK(DumpPolicySet(v1::PolicySet()) == "version: 1\npolicies: []\n");
}

// Texts that a careless writer would get wrong.
std::string RandomText(std::mt19937_64* random) {
  static const char* const kTexts[] = {"a",
                                       "a/b",
                                       "*",
                                       "**",
                                       "a/**",
                                       "true",
                                       "NO",
                                       "null",
                                       "~",
                                       "",
                                       "1",
                                       "1.5",
                                       "- a",
                                       "a: b",
                                       "a #b",
                                       "'",
                                       "\"",
                                       "\\",
                                       "[a]",
                                       "{a}",
                                       "a,b",
                                       " a",
                                       "a ",
                                       "&a",
                                       "!a",
                                       "%a",
                                       "@a",
                                       "`a",
                                       "caf\xc3\xa9",
                                       "a\nb",
                                       "a\tb",
                                       "\x1b",
                                       "GET",
                                       "Y",
                                       "ON",
                                       "/x",
                                       "?",
                                       "-",
                                       "---",
                                       "...",
                                       "version: 1\npolicies: []"};
  return kTexts[(*random)() % std::size(kTexts)];
}

// The sections that not every policy has.
void AddSections(std::mt19937_64* random, v1::Policy* policy) {
  const auto below = [random](size_t limit) { return (*random)() % limit; };
  const auto time = [&](google::protobuf::Duration* duration) {
    duration->set_seconds(static_cast<int64_t>(below(1 << 20)));
  };
  policy->set_mode(static_cast<v1::Mode>(below(3)));
  if (below(2) == 0) {
    policy->mutable_observe_until()->set_seconds(static_cast<int64_t>(below(253'402'300'800)));
    policy->mutable_observe_until()->set_nanos(static_cast<int>(below(2) * 987'654'321));
  }
  if (below(2) == 0) {
    v1::OnBehalfOf* users = policy->mutable_subjects()->mutable_on_behalf_of();
    for (size_t i = below(3); i > 0; --i) users->add_users(RandomText(random));
    for (size_t i = below(3); i > 0; --i) users->add_groups(RandomText(random));
  }
  for (size_t i = below(3); i > 0; --i) {
    v1::TimeWindow* window = policy->add_when();
    for (size_t j = below(3); j > 0; --j) window->add_days(RandomText(random));
    window->set_start(below(2) == 0 ? "" : "08:00");
    window->set_end(below(2) == 0 ? "" : RandomText(random));
    window->set_zone(RandomText(random));
  }
  if (below(2) == 0) {
    v1::ApprovalTerms* approval = policy->mutable_approval();
    approval->set_approvers(static_cast<uint32_t>(below(3)));
    approval->set_group(RandomText(random));
    if (below(2) == 0) time(approval->mutable_valid_for());
    approval->set_uses(static_cast<uint32_t>(below(3)));
    if (below(2) == 0) time(approval->mutable_expires());
  }
  for (size_t i = below(3); i > 0; --i) {
    v1::Limit* limit = policy->add_limits();
    limit->set_by(static_cast<v1::Limit::By>(1 + below(7)));
    limit->set_max(1 + below(1'000'000'000));
    time(limit->mutable_per());
  }
}

void AddTools(std::mt19937_64* random, v1::AllowRule* rule) {
  const auto below = [random](size_t limit) { return (*random)() % limit; };
  for (size_t i = below(3); i > 0; --i) {
    v1::ToolRule* tool = rule->add_tools();
    tool->set_name(RandomText(random));
    for (size_t j = below(3); j > 0; --j) {
      v1::ArgumentRule& argument = (*tool->mutable_args())[RandomText(random)];
      argument.set_equals(RandomText(random));
      argument.set_prefix(RandomText(random));
      argument.set_matches(RandomText(random));
      if (below(2) == 0) argument.add_one_of(RandomText(random));
    }
  }
}

v1::PolicySet RandomSet(std::mt19937_64* random) {
  const auto below = [random](size_t limit) { return (*random)() % limit; };
  v1::PolicySet set;
  for (size_t policies = below(4); policies > 0; --policies) {
    v1::Policy* policy = set.add_policies();
    policy->set_name(RandomText(random));
    policy->set_effect(static_cast<v1::Effect>(below(3)));
    policy->mutable_subjects();
    for (size_t i = below(3); i > 0; --i) {
      policy->mutable_subjects()->add_agents(RandomText(random));
      policy->mutable_subjects()->add_groups(RandomText(random));
    }
    for (size_t i = below(3); i > 0; --i) policy->add_workflows(RandomText(random));
    for (size_t i = 1 + below(3); i > 0; --i) policy->add_secrets(RandomText(random));
    AddSections(random, policy);
    if (below(2) == 0) {
      policy->mutable_lease()->set_max_active(static_cast<uint32_t>(below(3)));
      policy->mutable_lease()->set_binding(static_cast<v1::Binding>(below(4)));
      policy->mutable_lease()->set_delivery(static_cast<v1::Delivery>(below(3)));
      if (below(2) == 0) {
        policy->mutable_lease()->mutable_ttl()->set_seconds(static_cast<int64_t>(below(1 << 20)));
        policy->mutable_lease()->mutable_ttl()->set_nanos(static_cast<int>(below(1'000'000'000)));
      }
      if (below(2) == 0) policy->mutable_lease()->mutable_max_ttl()->set_seconds(3600);
    }
    for (size_t i = below(3); i > 0; --i) {
      v1::AllowRule* rule = policy->add_allow();
      rule->set_target(RandomText(random));
      rule->set_access(static_cast<v1::Access>(below(3)));
      for (size_t j = below(3); j > 0; --j) rule->add_methods(RandomText(random));
      for (size_t j = below(3); j > 0; --j) rule->add_paths(RandomText(random));
      AddTools(random, rule);
    }
  }
  return set;
}

TEST_CASE("what is written is read as the same set", "[files][policy]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 3'000; ++i) {
    const v1::PolicySet set = RandomSet(&random);
    const std::string text = DumpPolicySet(set);
    INFO(text);
    const auto read = ParsePolicies(text, "p.yaml");
    INFO(read.status().message());
    REQUIRE(read.ok());
    REQUIRE(google::protobuf::util::MessageDifferencer::Equals(*read, set));
  }
}

TEST_CASE("what a file cannot say is written so that it is refused", "[files][policy]") {
  v1::PolicySet set;
  v1::Policy* policy = set.add_policies();
  policy->set_name("a");
  policy->mutable_subjects()->add_agents("a");
  policy->add_secrets("s");
  SECTION("an effect of a later version") { policy->set_effect(static_cast<v1::Effect>(7)); }
  SECTION("a delivery of a later version") {
    policy->mutable_lease()->set_delivery(static_cast<v1::Delivery>(7));
  }
  SECTION("a negative duration") { policy->mutable_lease()->mutable_ttl()->set_seconds(-1); }
  const std::string text = DumpPolicySet(set);
  INFO(text);
  CHECK(ReasonOf(ParsePolicies(text, "p.yaml").status()) == Reason::kInvalidArgument);
}

}  // namespace
}  // namespace leasehold
