#include "server/policy/pattern_cover.h"

#include <algorithm>

#include "leasehold/v1/policy.pb.h"
#include "server/base/glob.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

bool IncludesAll(const std::vector<std::string>& outer, const std::vector<std::string>& inner) {
  return std::includes(outer.begin(), outer.end(), inner.begin(), inner.end());
}

}  // namespace

PatternCover::PatternCover(const CompiledPolicy& policy, const v1::Policy& sent)
    : policy_(&policy),
      agents_(PatternsOf(policy.agents)),
      secrets_(PatternsOf(policy.secrets)),
      workflows_(PatternsOf(policy.workflows)) {
  for (const v1::TimeWindow& window : sent.when()) when_.push_back(window.SerializeAsString());
  std::sort(when_.begin(), when_.end());
}

PatternCover::Patterns PatternCover::PatternsOf(const std::vector<NamePattern>& names) {
  Patterns patterns;
  patterns.reserve(names.size());
  for (const NamePattern& name : names) {
    auto pattern = PathPattern::Parse(StrCat("/", name.value()), "a pattern of names");
    comparable_ = comparable_ && pattern.ok();
    if (pattern.ok()) patterns.push_back(*std::move(pattern));
  }
  return patterns;
}

bool PatternCover::ContainAll(const Patterns& outer, const Patterns& inner) {
  return std::all_of(inner.begin(), inner.end(), [&](const PathPattern& narrow) {
    return std::any_of(outer.begin(), outer.end(),
                       [&](const PathPattern& wide) { return wide.Contains(narrow); });
  });
}

bool PatternCover::ContainsSubjects(const PatternCover& other) const {
  const auto every = [](const PathPattern& pattern) { return pattern.value() == "/**"; };
  if (std::any_of(agents_.begin(), agents_.end(), every)) return true;
  return ContainAll(agents_, other.agents_) && IncludesAll(policy_->groups, other.policy_->groups);
}

bool PatternCover::ContainsUsers(const PatternCover& other) const {
  if (!policy_->on_behalf_of.has_value()) return true;
  if (!other.policy_->on_behalf_of.has_value()) return false;
  const CompiledOnBehalfOf& wide = *policy_->on_behalf_of;
  const CompiledOnBehalfOf& narrow = *other.policy_->on_behalf_of;
  // A '*' of the narrow one that is taken as a character stands for whatever that is.
  const auto is_covered = [&](const std::string& user) {
    return std::any_of(wide.users.begin(), wide.users.end(),
                       [&](const std::string& glob) { return GlobMatches(glob, user); });
  };
  return std::all_of(narrow.users.begin(), narrow.users.end(), is_covered) &&
         IncludesAll(wide.groups, narrow.groups);
}

bool PatternCover::Contains(const PatternCover& other) const {
  if (!comparable_ || !other.comparable_) return false;
  if (!ContainAll(secrets_, other.secrets_) || !ContainsSubjects(other) || !ContainsUsers(other)) {
    return false;
  }
  if (!workflows_.empty() &&
      (other.workflows_.empty() || !ContainAll(workflows_, other.workflows_))) {
    return false;
  }
  return when_.empty() || (!other.when_.empty() && IncludesAll(when_, other.when_));
}

}  // namespace leasehold
