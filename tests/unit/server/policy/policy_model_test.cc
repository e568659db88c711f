#include <catch2/catch.hpp>
#include <initializer_list>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "server/base/str_cat.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/explain_policy.h"
#include "server/policy/tool_arguments.h"
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
    // What covers the same is decided about as one.
    if (Chance(3)) {
      for (size_t i = 1; i < static_cast<size_t>(set.policies_size()); ++i) {
        if (!Chance(5)) CopyConditions(set.policies(0), set.mutable_policies(static_cast<int>(i)));
      }
    }
    return set;
  }

  std::string Agent() { return Pick({"bot", "bot-1", "bot-2", "ci/a", "ci/b"}); }
  std::string Group() { return Pick({"red", "green", "blue"}); }
  std::string Workflow() { return Pick({"default", "triage", "triage/eu", "triage/eu/x"}); }
  std::string Secret() { return Pick({"db", "db/eu", "db/eu/app", "git/pat", "git/key"}); }
  std::string Target() { return Pick({"github", "pages"}); }
  std::string User() { return Pick({"", "corp:mia", "corp:tom", "lab:mia"}); }
  std::string UserGroup() { return Pick({"staff", "night"}); }
  std::string Tool() { return Pick({"get_issue", "list_issues", "add_issue"}); }
  // Any minute of two weeks.
  absl::Time Time() {
    return absl::FromUnixSeconds(static_cast<int64_t>(1'700'000'000 + 60 * Below(20'160)));
  }
  std::string Method() { return Pick({"GET", "POST", "DELETE"}); }
  std::string Path() {
    return Pick({"/", "/a", "/a/", "/a/b", "/a/b/c", "/b", "/b/c", "/ab/c", "/a/../b"});
  }
  bool Chance(size_t one_in) { return Below(one_in) == 0; }
  size_t Below(size_t limit) { return random_() % limit; }

 private:
  static void CopyConditions(const v1::Policy& from, v1::Policy* to) {
    *to->mutable_subjects() = from.subjects();
    *to->mutable_workflows() = from.workflows();
    *to->mutable_secrets() = from.secrets();
    *to->mutable_when() = from.when();
    to->set_mode(from.mode());
    to->clear_observe_until();
    if (from.has_observe_until()) *to->mutable_observe_until() = from.observe_until();
  }

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
    AddConditions(policy);
    if (Chance(6)) {
      policy->set_effect(v1::EFFECT_DENY);
      return;
    }
    AddApproval(policy);
    for (size_t i = Chance(3) ? 1 + Below(2) : 0; i > 0; --i) {
      v1::Limit* limit = policy->add_limits();
      limit->set_by(static_cast<v1::Limit::By>(i));
      limit->set_max(10);
      limit->mutable_per()->set_seconds(60);
    }
    AddTerms(policy);
    for (size_t i = Below(4); i > 0; --i) AddRule(policy->add_allow());
  }

  void AddConditions(v1::Policy* policy) {
    if (Chance(4)) {
      v1::OnBehalfOf* users = policy->mutable_subjects()->mutable_on_behalf_of();
      for (size_t i = Below(3); i > 0; --i) users->add_users(Pick({"corp:*", "*:mia", "corp:tom"}));
      if (users->users().empty() || Chance(2)) users->add_groups(UserGroup());
    }
    for (size_t i = Chance(4) ? 1 + Below(2) : 0; i > 0; --i) {
      v1::TimeWindow* window = policy->add_when();
      for (size_t j = Below(3); j > 0; --j) window->add_days(Pick({"mon", "thu", "sat", "sun"}));
      window->set_start(Pick({"", "08:00", "20:30"}));
      window->set_end(Pick({"", "06:15", "18:00", "24:00"}));
      window->set_zone(Pick({"UTC", "Etc/GMT-2"}));
    }
    if (Chance(4)) {
      policy->set_mode(v1::MODE_OBSERVE);
      policy->mutable_observe_until()->set_seconds(absl::ToUnixSeconds(Time()));
    }
  }

  void AddApproval(v1::Policy* policy) {
    if (!Chance(5)) return;
    policy->mutable_approval()->set_group(Pick({"oncall", "leads"}));
  }

  void AddTerms(v1::Policy* policy) {
    if (Chance(3)) return;
    v1::LeaseTerms* lease = policy->mutable_lease();
    if (Chance(2)) lease->mutable_ttl()->set_seconds(static_cast<int64_t>(60 * (1 + Below(3))));
    if (Chance(2))
      lease->mutable_max_ttl()->set_seconds(static_cast<int64_t>(60 * (3 + Below(60))));
    if (Chance(3) && !policy->has_approval()) lease->set_delivery(v1::DELIVERY_REVEALED);
  }

  void AddRule(v1::AllowRule* rule) {
    rule->set_target(Target());
    if (Chance(2)) rule->set_access(Chance(3) ? v1::ACCESS_WRITE : v1::ACCESS_READ);
    if (Chance(4)) {
      for (size_t i = 1 + Below(2); i > 0; --i) AddTool(rule->add_tools());
      return;
    }
    for (size_t i = Below(3); i > 0; --i) rule->add_methods(Method());
    for (size_t i = Below(3); i > 0; --i) {
      rule->add_paths(Pick({"/", "/**", "/a/**", "/a/*", "/*/c", "/**/c", "/b", "/a*/**"}));
    }
  }

  void AddTool(v1::ToolRule* tool) {
    tool->set_name(Pick({"get_issue", "*", "*_issue", "list_*"}));
    if (Chance(2)) (*tool->mutable_args())["/owner"].set_equals(Pick({"acme", "evil"}));
    if (Chance(3)) (*tool->mutable_args())["/owner"].set_prefix("ac");
    if (Chance(3)) {
      v1::ArgumentRule& number = (*tool->mutable_args())["/n"];
      number.add_one_of("1");
      number.add_one_of("true");
    }
    for (auto& [pointer, rule] : *tool->mutable_args()) {
      if (!rule.equals().empty()) rule.clear_prefix();
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
        user(g->User()),
        approved(g->Chance(2) ? StrCat("p", g->Below(13)) : ""),
        time(g->Time()),
        delivery(g->Chance(3) ? Delivery::kRevealed : Delivery::kBrokered) {
    query.target = g->Target();
    query.method = g->Method();
    query.path = g->Path();
    query.is_read = query.method == "GET";
    for (size_t i = g->Below(3); i > 0; --i) group_names.push_back(g->Group());
    groups.assign(group_names.begin(), group_names.end());
    for (size_t i = g->Below(2); i > 0; --i) user_group_names.push_back(g->UserGroup());
    user_groups.assign(user_group_names.begin(), user_group_names.end());
    if (g->Chance(4)) AddTool(g);
    query.subject = Subject();
  }
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  // What the compiled policies are asked: the arguments as JSON, numbers in any form.
  void AddTool(Generator* g) {
    query.tool = g->Tool();
    if (g->Chance(4)) return;
    std::string json = "{\"zero\": 0.0";
    query.arguments["zero"] = "0";
    if (!g->Chance(4)) {
      query.arguments["owner"] = g->Chance(2) ? "acme" : "evil";
      StrAppend(&json, ", \"owner\": \"", query.arguments["owner"], "\"");
    }
    if (!g->Chance(4)) {
      static const char* const kForms[][2] = {{"1", "1"}, {"1.0", "1"},     {"10e-1", "1"},
                                              {"2", "2"}, {"true", "true"}, {"\"1\"", "1"}};
      const auto& form = kForms[g->Below(std::size(kForms))];
      query.arguments["n"] = form[1];
      StrAppend(&json, ", \"n\": ", form[0]);
    }
    auto parsed = ToolArguments::Parse(json + "}");
    REQUIRE(parsed.ok());
    arguments.emplace(*std::move(parsed));
  }

  DecisionSubject Subject() const {
    return {.agent = agent,
            .groups = groups,
            .workflow = workflow,
            .secret = secret,
            .user = user,
            .user_groups = user_groups,
            .time = time,
            .approved_policy = approved};
  }
  UseQuery Query() const {
    return {.subject = Subject(),
            .target = query.target,
            .method = query.method,
            .path = query.path,
            .is_read = query.is_read,
            .tool = query.tool,
            .arguments = arguments.has_value() ? &*arguments : nullptr};
  }
  std::string Shown() const {
    std::string text = StrCat(agent, " of");
    for (const std::string& group : group_names) text += " " + group;
    StrAppend(&text, " in ", workflow, " with ", secret, " for ", user, " of");
    for (const std::string& group : user_group_names) text += " " + group;
    StrAppend(&text, " approved by ", approved, " at ", absl::ToUnixSeconds(time), " on ",
              query.target, ": ", query.method, " ", query.path, " ", query.tool);
    for (const auto& [name, value] : query.arguments) StrAppend(&text, " ", name, "=", value);
    return text;
  }

  std::vector<std::string> group_names, user_group_names;
  std::vector<std::string_view> groups, user_groups;
  std::string agent, workflow, secret, user, approved;
  absl::Time time;
  NaiveQuery query;
  std::optional<ToolArguments> arguments;
  Delivery delivery;
};

bool Same(const LeaseDecision& a, const NaiveLease& b) {
  return a.allowed == b.allowed && a.reason == b.reason && a.visible == b.visible &&
         a.policy == b.policy && a.ttl == b.ttl && a.max_ttl == b.max_ttl &&
         (a.approval == nullptr ? "" : a.approval->group) == b.approval_group &&
         a.not_enforced.reason == b.observed && a.not_enforced.policy == b.observed_policy;
}

bool Same(const UseDecision& a, const NaiveUse& b) {
  std::vector<std::string> limits;
  for (const CompiledLimit* limit : a.limits) limits.push_back(limit->policy + " " + limit->rule);
  return a.allowed == b.allowed && a.not_enforced == b.not_enforced && a.reason == b.reason &&
         a.visible == b.visible && a.policy == b.policy && a.rule == b.rule &&
         a.action == b.action && limits == b.limits;
}

struct Tally {
  int allowed = 0;
  int denied_by_policy = 0;
  int unseen = 0;
  int not_enforced = 0;
  int tools_allowed = 0;
  int waiting = 0;
  int limited = 0;
};

void CheckRequest(const v1::PolicySet& set, const CompiledPolicies& compiled,
                  const Request& request, Tally* tally) {
  const LeaseDecision lease = compiled.DecideLease(request.Subject(), request.delivery);
  const UseDecision use = compiled.DecideUse(request.Query());
  const bool same = Same(lease, NaiveDecideLease(set, request.Subject(), request.delivery)) &&
                    Same(use, NaiveDecideUse(set, request.query));
  if (!same) {
    FAIL("they differ about " << request.Shown() << " under\n" << set.DebugString());
  }
  // What reveal says is what a lease with that delivery would be told.
  const LeaseDecision revealed = compiled.DecideLease(request.Subject(), Delivery::kRevealed);
  const UseDecision reveal = compiled.DecideReveal(request.Subject());
  if (reveal.allowed != revealed.allowed || reveal.visible != revealed.visible ||
      reveal.not_enforced != revealed.not_enforced.any()) {
    FAIL("reveal differs about " << request.Shown() << " under\n" << set.DebugString());
  }
  tally->allowed += use.allowed ? 1 : 0;
  tally->denied_by_policy += use.rule == "deny" ? 1 : 0;
  tally->unseen += use.visible ? 0 : 1;
  tally->not_enforced += use.not_enforced || lease.not_enforced.any() ? 1 : 0;
  tally->tools_allowed += use.allowed && !use.not_enforced && !request.query.tool.empty() ? 1 : 0;
  tally->waiting += lease.approval == nullptr ? 0 : 1;
  tally->limited += use.limits.empty() ? 0 : 1;
}

TEST_CASE("decisions agree with a naive model", "[policy][model]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  Generator generator(seed);
  Tally tally;
  for (int i = 0; i < 6'000; ++i) {
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
  CHECK(tally.not_enforced > 2'000);
  CHECK(tally.tools_allowed > 500);
  CHECK(tally.waiting > 500);
  CHECK(tally.limited > 2'000);
}

// What the conditions that are told come to, put together by their keys alone.
struct Told {
  bool covers = true;
  bool allows = false;  // some rule has no condition that fails
};

Told ReadExplanation(const v1::PolicyExplanation& policy) {
  Told told;
  std::string rule;
  bool rule_holds = false;
  bool approved = true;
  const auto close = [&] { told.allows = told.allows || (approved && rule_holds); };
  for (const v1::ConditionResult& condition : policy.conditions()) {
    const std::string head = condition.key().substr(0, condition.key().find("]"));
    if (condition.key().starts_with("allow[")) {
      if (head != rule) close(), rule_holds = true;
      rule = head;
      rule_holds = rule_holds && condition.matched();
    } else if (condition.key() == "approval") {
      approved = condition.matched();
    } else if (condition.key() != "lease.delivery" && condition.key() != "allow") {
      told.covers = told.covers && condition.matched();
    }
  }
  close();
  return told;
}

TEST_CASE("explanations come to what is decided", "[policy][model][explain]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  Generator generator(seed);
  int allowed = 0;
  int denied = 0;
  for (int i = 0; i < 3'000; ++i) {
    const v1::PolicySet set = generator.Set();
    const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(1));
    REQUIRE(compiled.ok());
    const Request request(&generator);
    INFO(request.Shown() << " under\n" << set.DebugString());
    bool allows = false;
    bool denies = false;
    for (const CompiledPolicy& policy : (*compiled)->policies()) {
      v1::PolicyExplanation out;
      ExplainPolicy(policy, {.use = request.Query(), .delivery = request.delivery}, &out);
      const Told told = ReadExplanation(out);
      REQUIRE(out.covers() == told.covers);
      denies = denies || (told.covers && policy.deny && !out.observed());
      allows = allows || (told.covers && !policy.deny && told.allows);
    }
    const UseDecision use = (*compiled)->DecideUse(request.Query());
    if (use.not_enforced) continue;
    REQUIRE(use.allowed == (allows && !denies));
    ++(use.allowed ? allowed : denied);
  }
  CHECK(allowed > 20);
  CHECK(denied > 500);
}

TEST_CASE("what is certain of a path pattern holds of each of its paths", "[policy][model]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  Generator generator(seed);
  int certain = 0;
  int impossible = 0;
  int open = 0;
  for (int i = 0; i < 20'000; ++i) {
    const v1::PolicySet set = generator.Set();
    const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(1));
    REQUIRE(compiled.ok());
    const Request request(&generator);
    const std::string text = generator.Chance(3) ? "/**" : generator.Chance(2) ? "/a/**" : "/a/*";
    const auto pattern = PathPattern::Parse(text, "pattern");
    const UseQuery query = request.Query();
    if (!IsCanonicalPath(query.path) || !pattern->Matches(query.path)) continue;
    const auto ask = [&](bool canonical, bool widest) {
      const RecordedPath recorded{.pattern = &*pattern, .canonical = canonical, .widest = widest};
      UseQuery bound = query;
      bound.path = {};
      bound.recorded = &recorded;
      return (*compiled)->DecideUse(bound).allowed;
    };
    INFO(text << ": " << request.Shown() << " under\n" << set.DebugString());
    const bool allowed = (*compiled)->DecideUse(query).allowed;
    const bool narrow = ask(true, false);
    const bool wide = ask(true, true);
    if (narrow) REQUIRE(allowed);
    if (!wide) REQUIRE_FALSE(allowed);
    if (!query.tool.empty()) continue;
    // Of a path that may not even be canonical nothing is certainly allowed.
    REQUIRE_FALSE(ask(false, false));
    REQUIRE(ask(false, true) == wide);
    ++(narrow ? certain : wide ? open : impossible);
  }
  CHECK(certain > 100);
  CHECK(impossible > 100);
  CHECK(open > 50);
}

}  // namespace
}  // namespace leasehold
