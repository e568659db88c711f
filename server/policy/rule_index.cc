#include "server/policy/rule_index.h"

#include <tuple>

namespace leasehold {

// The attempt that counts so far, and where it stands.
struct RuleIndex::Best {
  Item item;
  RuleAttempt attempt;

  bool IsBefore(const Item& other) const {
    return std::tie(item.order, item.pattern) < std::tie(other.order, other.pattern);
  }
  void Improve(const Item& other, const RuleAttempt& with) {
    if (with.stage < attempt.stage || (with.stage == attempt.stage && IsBefore(other))) return;
    item = other;
    attempt = with;
  }
};

void RuleIndex::Add(uint32_t place, const CompiledRule& rule) {
  Item item{.place = place, .order = rules_++, .pattern = 0, .rule = &rule};
  if (!first_.has_value()) first_ = item;
  TargetRules& target = targets_[rule.target];
  std::optional<Item>& first = rule.tools.empty() ? target.first_path : target.first_tool;
  if (!first.has_value()) first = item;
  for (const CompiledTool& tool : rule.tools) {
    target.tools.AddPattern(tool.name, item);
    ++item.pattern;
  }
  if (!rule.tools.empty()) return;
  if (rule.paths.empty()) target.paths.Add({.text = "", .whole = false}, item);  // every path
  for (const PathPattern& path : rule.paths) {
    target.paths.AddPattern(path.value(), item);
    ++item.pattern;
  }
}

PlacedAttempt RuleIndex::Try(const UseFacts& facts) const {
  if (!first_.has_value()) return {};
  const auto found = targets_.find(facts.query.target);
  if (found == targets_.end()) {
    return {first_->place, {Stage::kTarget, first_->rule, {}}};
  }
  const TargetRules& target = found->second;
  const std::optional<Item>& same_kind = facts.tool_call ? target.first_tool : target.first_path;
  if (!same_kind.has_value()) {
    const Item& other = facts.tool_call ? *target.first_path : *target.first_tool;
    return {other.place, {Stage::kKind, other.rule, {}}};
  }
  Best best{*same_kind, {Stage::kPath, same_kind->rule, {}}};
  const auto try_all = [&](const std::vector<Item>& items) {
    for (const Item& item : items) {
      if (best.attempt.stage == Stage::kAllowed && best.IsBefore(item)) return;
      best.Improve(item, facts.tool_call ? TryRuleTool(*item.rule, item.pattern, facts.query)
                                         : TryRulePath(*item.rule, item.pattern, facts));
    }
  };
  if (facts.tool_call) {
    target.tools.ForEachList(facts.query.tool, try_all);
  } else if (facts.canonical_path && facts.query.recorded != nullptr) {
    target.paths.ForEveryList(try_all);
  } else if (facts.canonical_path) {
    target.paths.ForEachList(facts.query.path, try_all);
  }
  return {best.item.place, best.attempt};
}

}  // namespace leasehold
