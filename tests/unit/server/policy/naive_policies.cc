#include "tests/unit/server/policy/naive_policies.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "leasehold/v1/policy.pb.h"

namespace leasehold {
namespace {

using Segments = std::vector<std::string>;

Segments Split(std::string_view text) {
  Segments segments(1);
  for (const char c : text) {
    if (c == '/') {
      segments.emplace_back();
    } else {
      segments.back() += c;
    }
  }
  return segments;
}

bool CharactersMatch(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] == '*') {
    return CharactersMatch(pattern.substr(1), text) ||
           (!text.empty() && CharactersMatch(pattern, text.substr(1)));
  }
  return !text.empty() && text[0] == pattern[0] &&
         CharactersMatch(pattern.substr(1), text.substr(1));
}

bool SegmentsMatch(const Segments& pattern, size_t p, const Segments& text, size_t t) {
  if (p == pattern.size()) return t == text.size();
  if (pattern[p] == "**") {
    return SegmentsMatch(pattern, p + 1, text, t) ||
           (t < text.size() && SegmentsMatch(pattern, p, text, t + 1));
  }
  if (t == text.size() || (pattern[p] == "*" && text[t].empty())) return false;
  return CharactersMatch(pattern[p], text[t]) && SegmentsMatch(pattern, p + 1, text, t + 1);
}

template <typename List>
bool AnyMatches(const List& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(), [name](const std::string& pattern) {
    return NaiveNameMatches(pattern, name);
  });
}

// The clock on the wall, by division.
bool InWindow(const v1::TimeWindow& window, absl::Time time) {
  constexpr int64_t kDay = 24 * 60;
  const int64_t minutes = absl::ToUnixSeconds(time) / 60 + (window.zone() == "UTC" ? 0 : 120);
  const auto number = [](const std::string& text, int64_t missing) {
    return text.empty() ? missing : std::stoll(text.substr(0, 2)) * 60 + std::stoll(text.substr(3));
  };
  const int64_t start = number(window.start(), 0);
  int64_t end = number(window.end(), kDay);
  if (end <= start) end += kDay;
  // A window that started today or yesterday.
  for (const int64_t day : {minutes / kDay, minutes / kDay - 1}) {
    static const char* const kDays[] = {"thu", "fri", "sat", "sun", "mon", "tue", "wed"};
    const auto& days = window.days();
    const bool starts = days.empty() || std::count(days.begin(), days.end(), kDays[day % 7]) > 0;
    const int64_t since = minutes - day * kDay;
    if (starts && start <= since && since < end) return true;
  }
  return false;
}

bool ActsFor(const v1::OnBehalfOf& users, const DecisionSubject& subject) {
  if (subject.user.empty()) return false;
  bool who = false;
  for (const std::string& glob : users.users()) who = who || CharactersMatch(glob, subject.user);
  for (const std::string& group : users.groups()) {
    for (const std::string_view his : subject.user_groups) who = who || group == his;
  }
  return who;
}

bool Covers(const v1::Policy& policy, const DecisionSubject& subject) {
  bool who = AnyMatches(policy.subjects().agents(), subject.agent);
  for (const std::string& group : policy.subjects().groups()) {
    for (const std::string_view mine : subject.groups) who = who || group == mine;
  }
  if (policy.subjects().has_on_behalf_of()) {
    who = who && ActsFor(policy.subjects().on_behalf_of(), subject);
  }
  bool when = policy.when().empty();
  for (const v1::TimeWindow& window : policy.when()) when = when || InWindow(window, subject.time);
  const bool workflow =
      policy.workflows().empty() || AnyMatches(policy.workflows(), subject.workflow);
  return who && when && workflow && AnyMatches(policy.secrets(), subject.secret);
}

bool Observed(const v1::Policy& policy, const DecisionSubject& subject) {
  return policy.mode() == v1::MODE_OBSERVE &&
         subject.time < absl::FromUnixSeconds(policy.observe_until().seconds());
}

bool Lacks(const v1::Policy& policy, const DecisionSubject& subject) {
  return policy.has_approval() && policy.name() != subject.approved_policy;
}

const v1::Policy* FirstDeny(const v1::PolicySet& set, const DecisionSubject& subject) {
  for (const v1::Policy& policy : set.policies()) {
    if (policy.effect() == v1::EFFECT_DENY && Covers(policy, subject)) return &policy;
  }
  return nullptr;
}

std::vector<const v1::Policy*> Allowing(const v1::PolicySet& set, const DecisionSubject& subject) {
  std::vector<const v1::Policy*> allowing;
  for (const v1::Policy& policy : set.policies()) {
    if (policy.effect() != v1::EFFECT_DENY && Covers(policy, subject)) allowing.push_back(&policy);
  }
  return allowing;
}

// The policies for which `keep` is true.
template <typename Keep>
v1::PolicySet Only(const v1::PolicySet& set, const Keep& keep) {
  v1::PolicySet kept;
  for (const v1::Policy& policy : set.policies()) {
    if (keep(policy)) *kept.add_policies() = policy;
  }
  return kept;
}

absl::Duration TtlOf(const v1::Policy& policy) {
  if (policy.lease().has_ttl()) return absl::Seconds(policy.lease().ttl().seconds());
  if (!policy.lease().has_max_ttl()) return absl::Minutes(15);
  return std::min(absl::Minutes(15), absl::Seconds(policy.lease().max_ttl().seconds()));
}

bool ArgumentHolds(const v1::ArgumentRule& rule, const std::string& text) {
  if (!rule.equals().empty()) return rule.equals() == text;
  if (!rule.prefix().empty()) return text.substr(0, rule.prefix().size()) == rule.prefix();
  return std::count(rule.one_of().begin(), rule.one_of().end(), text) > 0;
}

bool ArgumentsHold(const v1::ToolRule& tool, const NaiveQuery& query) {
  bool hold = true;
  for (const auto& [pointer, rule] : tool.args()) {
    const auto found = query.arguments.find(pointer.substr(1));
    hold = hold && found != query.arguments.end() && ArgumentHolds(rule, found->second);
  }
  return hold;
}

// How many of approval, target, kind, path, method and access hold, in this order, until one does
// not; for tools, name and arguments stand for path and method.
int ConditionsHeld(const v1::AllowRule& rule, const NaiveQuery& query, std::string* action) {
  *action = query.tool.empty() ? query.method : "TOOL";
  if (rule.target() != query.target) return 1;
  if (query.tool.empty() != rule.tools().empty()) return 2;
  if (!query.tool.empty()) {
    int best = 3;
    for (const v1::ToolRule& tool : rule.tools()) {
      if (!CharactersMatch(tool.name(), query.tool)) continue;
      const bool reads = rule.access() != v1::ACCESS_READ || query.is_read;
      const int held = !ArgumentsHold(tool, query) ? 4 : reads ? 6 : 5;
      if (held == 6 && best < 6) *action += " " + tool.name();
      best = std::max(best, held);
    }
    return best;
  }
  if (query.path.find("..") != std::string::npos) return 3;
  std::string path = "/**";
  if (!rule.paths().empty()) {
    const auto found = std::find_if(rule.paths().begin(), rule.paths().end(),
                                    [&](const auto& p) { return NaivePathMatches(p, query.path); });
    if (found == rule.paths().end()) return 3;
    path = *found;
  }
  const auto& methods = rule.methods();
  if (!methods.empty() && std::count(methods.begin(), methods.end(), query.method) == 0) return 4;
  if (rule.access() == v1::ACCESS_READ && !query.is_read) return 5;
  *action += " " + path;
  return 6;
}

// The decision where every policy is enforced.
NaiveUse DecideEnforced(const v1::PolicySet& set, const NaiveQuery& query) {
  NaiveUse decision;
  decision.reason = Reason::kPolicyDenied;
  decision.action = query.tool.empty() ? query.method : "TOOL";
  const auto allowing = Allowing(set, query.subject);
  decision.visible = !allowing.empty();
  if (const v1::Policy* deny = FirstDeny(set, query.subject); deny != nullptr) {
    decision.policy = deny->name();
    decision.rule = "deny";
    return decision;
  }
  int best = -2;
  const auto improve = [&](int held, const v1::Policy& policy, const std::string& rule) {
    if (held <= best) return false;
    best = held;
    decision.policy = policy.name();
    decision.rule = rule;
    return true;
  };
  for (const v1::Policy* policy : allowing) {
    improve(-1, *policy, "");  // One without rules comes less near than any rule.
    if (Lacks(*policy, query.subject)) {
      improve(0, *policy, "approval");
      continue;
    }
    for (int i = 0; i < policy->allow_size(); ++i) {
      std::string action;
      const int held = ConditionsHeld(policy->allow(i), query, &action);
      if (improve(held, *policy, "allow[" + std::to_string(i) + "]") && held == 6) {
        decision.action = action;
      }
    }
  }
  decision.allowed = best == 6;
  if (decision.allowed) decision.reason = Reason::kNone;
  return decision;
}

// The set as the second question sees it: what is observed denies nothing and allows every use.
v1::PolicySet Spared(const v1::PolicySet& set, const NaiveQuery& query) {
  v1::PolicySet spared;
  for (v1::Policy policy : set.policies()) {
    if (Observed(policy, query.subject)) {
      if (policy.effect() == v1::EFFECT_DENY) continue;
      policy.clear_approval();
      policy.clear_allow();
      v1::AllowRule* all = policy.add_allow();
      all->set_target(query.target);
      if (!query.tool.empty()) all->add_tools()->set_name("*");
    }
    *spared.add_policies() = policy;
  }
  return spared;
}

}  // namespace

bool NaiveNameMatches(std::string_view pattern, std::string_view name) {
  return SegmentsMatch(Split(pattern), 0, Split(name), 0);
}

bool NaivePathMatches(std::string_view pattern, std::string_view path) {
  return SegmentsMatch(Split(pattern.substr(1)), 0, Split(path.substr(1)), 0);
}

NaiveLease NaiveDecideLease(const v1::PolicySet& set, const DecisionSubject& subject,
                            Delivery delivery) {
  NaiveLease decision;
  const auto allowing = Allowing(set, subject);
  if (allowing.empty()) {
    decision.reason = Reason::kNotFoundOrForbidden;
    return decision;
  }
  decision.visible = true;
  const v1::PolicySet enforced =
      Only(set, [&](const v1::Policy& policy) { return !Observed(policy, subject); });
  if (const v1::Policy* deny = FirstDeny(enforced, subject); deny != nullptr) {
    decision.reason = Reason::kPolicyDenied;
    decision.policy = deny->name();
    return decision;
  }
  // The best if all wait for their approvers, and if those that are observed do not.
  const auto best = [&](bool spare) {
    const v1::Policy* found = nullptr;
    for (const bool waits : {false, true}) {
      for (const v1::Policy* policy : allowing) {
        const bool reveals = policy->lease().delivery() == v1::DELIVERY_REVEALED;
        if (delivery == Delivery::kRevealed && !reveals) continue;
        const bool lacks = Lacks(*policy, subject) && !(spare && Observed(*policy, subject));
        if (lacks != waits) continue;
        if (found == nullptr || TtlOf(*policy) > TtlOf(*found)) found = policy;
      }
      if (found != nullptr) return found;
    }
    return found;
  };
  const v1::Policy* chosen = best(false);
  if (chosen == nullptr) {
    decision.reason = Reason::kDeliveryNotAllowed;
    decision.policy = allowing[0]->name();
    return decision;
  }
  if (Lacks(*chosen, subject)) {
    const v1::Policy* spared = best(true);
    if (!Lacks(*spared, subject) || Observed(*spared, subject)) {
      chosen = spared;
      decision.observed = Reason::kApprovalRequired;
      decision.observed_policy = spared->name();
    } else {
      decision.approval_group = chosen->approval().group();
    }
  }
  if (const v1::Policy* deny = FirstDeny(set, subject); deny != nullptr) {
    decision.observed = Reason::kPolicyDenied;
    decision.observed_policy = deny->name();
  }
  decision.allowed = true;
  decision.policy = chosen->name();
  decision.ttl = TtlOf(*chosen);
  decision.max_ttl = chosen->lease().has_max_ttl()
                         ? absl::Seconds(chosen->lease().max_ttl().seconds())
                         : decision.ttl;
  return decision;
}

NaiveUse NaiveDecideUse(const v1::PolicySet& set, const NaiveQuery& query) {
  NaiveUse decision = DecideEnforced(set, query);
  if (!decision.allowed && DecideEnforced(Spared(set, query), query).allowed) {
    if (decision.rule != "deny") {
      // Of what denies, the policy that is tried out is told of.
      decision = DecideEnforced(
          Only(set, [&](const v1::Policy& policy) { return Observed(policy, query.subject); }),
          query);
    }
    decision.allowed = true;
    decision.not_enforced = true;
  } else if (!decision.allowed) {
    decision = DecideEnforced(Only(set,
                                   [&](const v1::Policy& policy) {
                                     return policy.effect() != v1::EFFECT_DENY ||
                                            !Observed(policy, query.subject);
                                   }),
                              query);
  }
  if (!decision.allowed) return decision;
  for (const v1::Policy* policy : Allowing(set, query.subject)) {
    for (int i = 0; i < policy->limits_size(); ++i) {
      decision.limits.push_back(policy->name() + " limits[" + std::to_string(i) + "]");
    }
  }
  return decision;
}

}  // namespace leasehold
