#include "tests/unit/server/policy/naive_policies.h"

#include <algorithm>
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

bool Covers(const v1::Policy& policy, const DecisionSubject& subject) {
  bool who = AnyMatches(policy.subjects().agents(), subject.agent);
  for (const std::string& group : policy.subjects().groups()) {
    for (const std::string_view mine : subject.groups) who = who || group == mine;
  }
  const bool workflow =
      policy.workflows().empty() || AnyMatches(policy.workflows(), subject.workflow);
  return who && workflow && AnyMatches(policy.secrets(), subject.secret);
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

absl::Duration TtlOf(const v1::Policy& policy) {
  if (policy.lease().has_ttl()) return absl::Seconds(policy.lease().ttl().seconds());
  if (!policy.lease().has_max_ttl()) return absl::Minutes(15);
  return std::min(absl::Minutes(15), absl::Seconds(policy.lease().max_ttl().seconds()));
}

// How many of target, path, method and access hold, in this order, until one does not.
int ConditionsHeld(const v1::AllowRule& rule, const UseQuery& query, std::string* action) {
  *action = std::string(query.method);
  if (rule.target() != query.target) return 0;
  if (query.path.find("..") != std::string_view::npos) return 1;
  std::string path = "/**";
  if (!rule.paths().empty()) {
    const auto found = std::find_if(rule.paths().begin(), rule.paths().end(),
                                    [&](const auto& p) { return NaivePathMatches(p, query.path); });
    if (found == rule.paths().end()) return 1;
    path = *found;
  }
  const auto& methods = rule.methods();
  if (!methods.empty() && std::count(methods.begin(), methods.end(), query.method) == 0) return 2;
  if (rule.access() == v1::ACCESS_READ && !query.is_read) return 3;
  *action += " " + path;
  return 4;
}

}  // namespace

bool NaiveNameMatches(std::string_view pattern, std::string_view name) {
  return SegmentsMatch(Split(pattern), 0, Split(name), 0);
}

bool NaivePathMatches(std::string_view pattern, std::string_view path) {
  return SegmentsMatch(Split(pattern.substr(1)), 0, Split(path.substr(1)), 0);
}

LeaseDecision NaiveDecideLease(const v1::PolicySet& set, const DecisionSubject& subject,
                               Delivery delivery) {
  LeaseDecision decision;
  const auto allowing = Allowing(set, subject);
  if (allowing.empty()) {
    decision.reason = Reason::kNotFoundOrForbidden;
    return decision;
  }
  decision.visible = true;
  if (const v1::Policy* deny = FirstDeny(set, subject); deny != nullptr) {
    decision.reason = Reason::kPolicyDenied;
    decision.policy = deny->name();
    return decision;
  }
  decision.reason = Reason::kDeliveryNotAllowed;
  decision.policy = allowing[0]->name();
  for (const v1::Policy* policy : allowing) {
    const bool reveals = policy->lease().delivery() == v1::DELIVERY_REVEALED;
    if (delivery == Delivery::kRevealed && !reveals) continue;
    if (decision.allowed && TtlOf(*policy) <= decision.ttl) continue;
    decision.allowed = true;
    decision.reason = Reason::kNone;
    decision.policy = policy->name();
    decision.ttl = TtlOf(*policy);
    decision.max_ttl = policy->lease().has_max_ttl()
                           ? absl::Seconds(policy->lease().max_ttl().seconds())
                           : decision.ttl;
  }
  return decision;
}

UseDecision NaiveDecideUse(const v1::PolicySet& set, const UseQuery& query) {
  static const std::vector<std::string>* const kRuleNames =
      new std::vector<std::string>{"allow[0]", "allow[1]", "allow[2]", "allow[3]"};
  UseDecision decision;
  decision.reason = Reason::kPolicyDenied;
  decision.action = query.method;
  const auto allowing = Allowing(set, query.subject);
  decision.visible = !allowing.empty();
  if (const v1::Policy* deny = FirstDeny(set, query.subject); deny != nullptr) {
    decision.policy = deny->name();
    decision.rule = "deny";
    return decision;
  }
  int best = -2;
  for (const v1::Policy* policy : allowing) {
    if (best < -1) {  // One without rules comes less near than any rule.
      best = -1;
      decision.policy = policy->name();
    }
    for (int i = 0; i < policy->allow_size(); ++i) {
      std::string action;
      const int held = ConditionsHeld(policy->allow(i), query, &action);
      if (held <= best) continue;
      best = held;
      decision.policy = policy->name();
      decision.rule = kRuleNames->at(static_cast<size_t>(i));
      decision.action = action;
    }
  }
  decision.allowed = best == 4;
  if (decision.allowed) decision.reason = Reason::kNone;
  return decision;
}

}  // namespace leasehold
