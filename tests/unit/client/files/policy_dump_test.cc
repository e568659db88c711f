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
  lease: {ttl: 15m, max_ttl: 1h30m, delivery: brokered}
  allow:
  - {target: github, access: read, methods: [GET], paths: ["/repos/acme/**"]}
  - {target: gitlab}
- name: no-prod-from-sandbox
  effect: deny
  subjects: {groups: [sandbox]}
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
    if (below(2) == 0) {
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
