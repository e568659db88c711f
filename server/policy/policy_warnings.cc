#include "server/policy/policy_warnings.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "leasehold/v1/policy.pb.h"
#include "server/base/str_cat.h"
#include "server/policy/pattern_cover.h"

namespace leasehold {
namespace {

using Names = std::vector<std::string>;
using Groups = google::protobuf::RepeatedPtrField<std::string>;

// Looks through one set. The steps that are left are shared by all that is looked for.
class Finder {
 public:
  Finder(const v1::PolicySet& set, const CompiledPolicies& compiled, const KnownNames& known,
         absl::Time now)
      : set_(set), policies_(compiled.policies()), known_(known), now_(now) {}

  std::vector<FoundWarning> Find() {
    for (uint32_t place = 0; place < policies_.size(); ++place) {
      const CompiledPolicy& policy = policies_[place];
      if (policy.observe_until != absl::InfinitePast() && !policy.ObservedAt(now_)) {
        Add(place, "observe_until", "lies in the past, so the policy is enforced");
      }
      LookAtNames(place);
      for (const CompiledRule& rule : policy.allow) LookAtRule(place, rule);
      LookAtEarlierRules(place);
    }
    LookForShadows();
    std::stable_sort(
        found_.begin(), found_.end(),
        [](const FoundWarning& a, const FoundWarning& b) { return a.position < b.position; });
    return std::move(found_);
  }

 private:
  void Add(uint32_t place, std::string key, std::string message) {
    found_.push_back({place, policies_[place].name, std::move(key), std::move(message)});
  }

  bool Spend(uint64_t steps) {
    if (steps > steps_left_) return false;
    steps_left_ -= steps;
    return true;
  }

  // Whether a name may match `pattern`; yes, where there is no time left to know.
  bool MayMatchAny(const NamePattern& pattern, const Names& names) {
    if (pattern.IsLiteral()) return std::binary_search(names.begin(), names.end(), pattern.value());
    const std::string beginning = pattern.value().substr(0, pattern.value().find('*'));
    // A '/' before a "**" may be missing in a name.
    const std::string_view start =
        std::string_view(beginning).substr(0, beginning.find_last_not_of('/') + 1);
    for (auto at = std::lower_bound(names.begin(), names.end(), start);
         at != names.end() && at->starts_with(start); ++at) {
      if (!Spend(1) || pattern.Matches(*at)) return true;
    }
    return false;
  }

  void LookAtPatterns(uint32_t place, const std::vector<NamePattern>& patterns, const Names& names,
                      std::string_view key, std::string_view what) {
    for (size_t i = 0; i < patterns.size(); ++i) {
      if (MayMatchAny(patterns[i], names)) continue;
      Add(place, StrCat(key, "[", i, "]"),
          patterns[i].IsLiteral()
              ? StrCat("there is no ", what, " ", patterns[i].value())
              : StrCat("there is no ", what, " that ", patterns[i].value(), " matches"));
    }
  }

  void LookAtGroups(uint32_t place, const Groups& groups, std::string_view key) {
    for (int i = 0; i < groups.size(); ++i) {
      if (std::binary_search(known_.groups.begin(), known_.groups.end(), groups[i])) continue;
      Add(place, StrCat(key, "[", i, "]"), StrCat("there is no group ", groups[i]));
    }
  }

  void LookAtNames(uint32_t place) {
    const CompiledPolicy& policy = policies_[place];
    const v1::Policy& sent = set_.policies(static_cast<int>(place));
    LookAtPatterns(place, policy.agents, known_.agents, "subjects.agents", "agent");
    LookAtGroups(place, sent.subjects().groups(), "subjects.groups");
    LookAtGroups(place, sent.subjects().on_behalf_of().groups(), "subjects.on_behalf_of.groups");
    LookAtPatterns(place, policy.secrets, known_.secrets, "secrets", "secret");
    if (policy.approval.has_value() &&
        !std::binary_search(known_.groups.begin(), known_.groups.end(), policy.approval->group)) {
      Add(place, "approval.group",
          StrCat("there is no group ", policy.approval->group, ", so nobody can approve"));
    }
  }

  // Whether `target` may inject a secret that the policy is about; yes, where none of these exists,
  // which was said already.
  bool MayInjectAny(const CompiledPolicy& policy, const CompiledTarget& target) {
    bool any = false;
    for (const std::string& secret : known_.secrets) {
      if (!Spend(1)) return true;
      const bool about =
          std::any_of(policy.secrets.begin(), policy.secrets.end(),
                      [&](const NamePattern& pattern) { return pattern.Matches(secret); });
      if (!about) continue;
      if (target.MayInject(secret)) return true;
      any = true;
    }
    return !any;
  }

  void LookAtRule(uint32_t place, const CompiledRule& rule) {
    const auto found = known_.targets.find(rule.target);
    if (found == known_.targets.end()) {
      Add(place, rule.name + ".target", StrCat("there is no target ", rule.target));
      return;
    }
    const CompiledTarget& target = *found->second;
    if (!MayInjectAny(policies_[place], target)) {
      Add(place, rule.name + ".target",
          StrCat("target ", rule.target,
                 " may inject no secret that this policy is about, so the rule never matches"));
    }
    if (!rule.reads_only) return;
    if (!rule.tools.empty()) {
      if (target.HasToolReads()) return;
      Add(place, rule.name + ".access",
          StrCat("target ", rule.target,
                 " calls no tool a read, so a rule for reads never matches; list them in the "
                 "target's read.tools"));
      return;
    }
    const bool method =
        rule.methods.empty() ||
        std::any_of(rule.methods.begin(), rule.methods.end(),
                    [&](const std::string& each) { return target.ReadsWith(each); });
    const bool path = rule.paths.empty() ||
                      std::any_of(rule.paths.begin(), rule.paths.end(),
                                  [&](const PathPattern& each) { return target.MayReadAt(each); });
    if (method && path) return;
    Add(place, rule.name + (method ? ".paths" : ".methods"),
        StrCat("target ", rule.target, " calls nothing of this a read, so the rule never matches"));
  }

  // Whether `rule` allows all that `other` allows.
  bool AllowsAll(const CompiledRule& rule, const CompiledRule& other) {
    if (rule.target != other.target || !rule.tools.empty() || !other.tools.empty() ||
        (rule.reads_only && !other.reads_only)) {
      return false;
    }
    const auto named = [&](const std::string& method) {
      return std::find(rule.methods.begin(), rule.methods.end(), method) != rule.methods.end();
    };
    if (!rule.methods.empty() &&
        (other.methods.empty() ||
         !std::all_of(other.methods.begin(), other.methods.end(), named))) {
      return false;
    }
    if (rule.paths.empty()) return true;
    if (other.paths.empty()) return false;
    if (!Spend(rule.paths.size() * other.paths.size())) return false;
    return std::all_of(other.paths.begin(), other.paths.end(), [&](const PathPattern& path) {
      return std::any_of(rule.paths.begin(), rule.paths.end(),
                         [&](const PathPattern& wider) { return wider.Contains(path); });
    });
  }

  void LookAtEarlierRules(uint32_t place) {
    const std::vector<CompiledRule>& rules = policies_[place].allow;
    for (size_t i = 1; i < rules.size(); ++i) {
      const auto earlier = std::find_if(
          rules.begin(), rules.begin() + static_cast<ptrdiff_t>(i),
          [&](const CompiledRule& rule) { return Spend(1) && AllowsAll(rule, rules[i]); });
      if (earlier == rules.begin() + static_cast<ptrdiff_t>(i)) continue;
      Add(place, rules[i].name,
          StrCat("never decides, since ", earlier->name, " allows all of it"));
    }
  }

  void LookForShadows() {
    std::vector<std::pair<uint32_t, PatternCover>> denies;
    for (uint32_t place = 0; place < policies_.size(); ++place) {
      const CompiledPolicy& policy = policies_[place];
      // One that is observed denies nothing yet.
      if (policy.deny && !policy.ObservedAt(now_)) denies.emplace_back(place, Cover(place));
    }
    if (denies.empty()) return;
    for (uint32_t place = 0; place < policies_.size(); ++place) {
      if (policies_[place].deny) continue;
      const PatternCover allow = Cover(place);
      for (const auto& [deny_place, deny] : denies) {
        if (!Spend(1)) return;
        if (!deny.Contains(allow)) continue;
        Add(place, "name",
            StrCat("allows nothing, since policy ", policies_[deny_place].name,
                   " denies all of it"));
        break;
      }
    }
  }

  PatternCover Cover(uint32_t place) const {
    return {policies_[place], set_.policies(static_cast<int>(place))};
  }

  const v1::PolicySet& set_;
  const std::span<const CompiledPolicy> policies_;
  const KnownNames& known_;
  const absl::Time now_;
  uint64_t steps_left_ = kWarningStepsMax;
  std::vector<FoundWarning> found_;
};

}  // namespace

std::vector<FoundWarning> FindWarnings(const v1::PolicySet& set, const CompiledPolicies& compiled,
                                       const KnownNames& known, absl::Time now) {
  return Finder(set, compiled, known, now).Find();
}

}  // namespace leasehold
