#include <catch2/catch.hpp>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/str_cat.h"
#include "server/policy/compiled_policies.h"
#include "tests/unit/server/policy/naive_policies.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

// Random policies and requests of few names, so that much overlaps.
class Generator {
 public:
  explicit Generator(uint64_t seed) : random_(seed) {}

  v1::PolicySet Set() {
    v1::PolicySet set;
    for (size_t i = 0, count = Below(13); i < count; ++i) {
      AddPolicy(StrCat("p", i), set.add_policies());
    }
    return set;
  }

  std::string Agent() { return Pick({"bot", "bot-1", "bot-2", "ci/a", "ci/b"}); }
  std::string Group() { return Pick({"red", "green", "blue"}); }
  std::string Workflow() { return Pick({"default", "triage", "triage/eu", "triage/eu/x"}); }
  std::string Secret() { return Pick({"db", "db/eu", "db/eu/app", "git/pat", "git/key"}); }
  std::string Target() { return Pick({"github", "pages"}); }
  std::string Method() { return Pick({"GET", "POST", "DELETE"}); }
  std::string Path() {
    return Pick({"/", "/a", "/a/", "/a/b", "/a/b/c", "/b", "/b/c", "/ab/c", "/a/../b"});
  }
  bool Chance(size_t one_in) { return Below(one_in) == 0; }
  size_t Below(size_t limit) { return random_() % limit; }

 private:
  std::string Pick(std::initializer_list<const char*> words) {
    return words.begin()[Below(words.size())];
  }

  void AddPolicy(const std::string& name, v1::Policy* policy) {
    policy->set_name(name);
    for (size_t i = Below(3); i > 0; --i) {
      policy->mutable_subjects()->add_agents(
          Pick({"bot", "bot-*", "*", "**", "ci/*", "ci/a", "c*/**", "*/b"}));
    }
    while (policy->subjects().agents().empty() && policy->subjects().groups().empty()) {
      policy->mutable_subjects()->add_groups(Group());
    }
    for (size_t i = Below(3); i > 0; --i) {
      policy->add_workflows(Pick({"default", "*", "triage/**", "triage/*", "**", "**/x"}));
    }
    for (size_t i = 1 + Below(2); i > 0; --i) {
      policy->add_secrets(
          Pick({"db", "db/*", "db/**", "**", "git/pat", "git/*", "*/eu", "**/app", "d*/eu"}));
    }
    if (Chance(6)) {
      policy->set_effect(v1::EFFECT_DENY);
      return;
    }
    AddTerms(policy);
    for (size_t i = Below(4); i > 0; --i) AddRule(policy->add_allow());
  }

  void AddTerms(v1::Policy* policy) {
    if (Chance(3)) return;
    v1::LeaseTerms* lease = policy->mutable_lease();
    if (Chance(2)) lease->mutable_ttl()->set_seconds(static_cast<int64_t>(60 * (1 + Below(3))));
    if (Chance(2))
      lease->mutable_max_ttl()->set_seconds(static_cast<int64_t>(60 * (3 + Below(60))));
    if (Chance(3)) lease->set_delivery(v1::DELIVERY_REVEALED);
  }

  void AddRule(v1::AllowRule* rule) {
    rule->set_target(Target());
    if (Chance(2)) rule->set_access(Chance(3) ? v1::ACCESS_WRITE : v1::ACCESS_READ);
    for (size_t i = Below(3); i > 0; --i) rule->add_methods(Method());
    for (size_t i = Below(3); i > 0; --i) {
      rule->add_paths(Pick({"/", "/**", "/a/**", "/a/*", "/*/c", "/**/c", "/b", "/a*/**"}));
    }
  }

  std::mt19937_64 random_;
};

// One request, owning what the views of a query point to.
struct Request {
  explicit Request(Generator* g)
      : agent(g->Agent()),
        workflow(g->Workflow()),
        secret(g->Secret()),
        target(g->Target()),
        method(g->Method()),
        path(g->Path()),
        is_read(method == "GET"),
        delivery(g->Chance(3) ? Delivery::kRevealed : Delivery::kBrokered) {
    for (size_t i = g->Below(3); i > 0; --i) group_names.push_back(g->Group());
    groups.assign(group_names.begin(), group_names.end());
  }
  DecisionSubject Subject() const { return {agent, groups, workflow, secret}; }
  UseQuery Query() const { return {Subject(), target, method, path, is_read}; }
  std::string Shown() const {
    std::string text = StrCat(agent, " of");
    for (const std::string& group : group_names) text += " " + group;
    return StrCat(text, " in ", workflow, " with ", secret, " on ", target, ": ", method, " ",
                  path);
  }

  std::vector<std::string> group_names;
  std::vector<std::string_view> groups;
  std::string agent, workflow, secret, target, method, path;
  bool is_read;
  Delivery delivery;
};

bool Same(const LeaseDecision& a, const LeaseDecision& b) {
  return a.allowed == b.allowed && a.reason == b.reason && a.visible == b.visible &&
         a.policy == b.policy && a.ttl == b.ttl && a.max_ttl == b.max_ttl;
}

bool Same(const UseDecision& a, const UseDecision& b) {
  return a.allowed == b.allowed && a.reason == b.reason && a.visible == b.visible &&
         a.policy == b.policy && a.rule == b.rule && a.action == b.action;
}

struct Tally {
  int allowed = 0;
  int denied_by_policy = 0;
  int unseen = 0;
};

void CheckRequest(const v1::PolicySet& set, const CompiledPolicies& compiled,
                  const Request& request, Tally* tally) {
  const LeaseDecision lease = compiled.DecideLease(request.Subject(), request.delivery);
  const UseDecision use = compiled.DecideUse(request.Query());
  const bool same = Same(lease, NaiveDecideLease(set, request.Subject(), request.delivery)) &&
                    Same(use, NaiveDecideUse(set, request.Query()));
  if (!same) {
    FAIL("they differ about " << request.Shown() << " under\n" << set.DebugString());
  }
  // What reveal says is what a lease with that delivery would be told.
  const LeaseDecision revealed = compiled.DecideLease(request.Subject(), Delivery::kRevealed);
  const UseDecision reveal = compiled.DecideReveal(request.Subject());
  if (reveal.allowed != revealed.allowed || reveal.visible != revealed.visible) {
    FAIL("reveal differs about " << request.Shown() << " under\n" << set.DebugString());
  }
  tally->allowed += use.allowed ? 1 : 0;
  tally->denied_by_policy += use.rule == "deny" ? 1 : 0;
  tally->unseen += use.visible ? 0 : 1;
}

TEST_CASE("decisions agree with a naive model", "[policy][model]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  Generator generator(seed);
  Tally tally;
  for (int i = 0; i < 2'000; ++i) {
    const v1::PolicySet set = generator.Set();
    const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(1));
    INFO(set.DebugString());
    REQUIRE(compiled.ok());
    for (int j = 0; j < 25; ++j) CheckRequest(set, **compiled, Request(&generator), &tally);
  }
  // The cases are worth comparing only while they reach every kind of answer.
  CHECK(tally.allowed > 2'000);
  CHECK(tally.denied_by_policy > 2'000);
  CHECK(tally.unseen > 2'000);
}

}  // namespace
}  // namespace leasehold
