#ifndef LEASEHOLD_SERVER_POLICY_RULE_INDEX_H_
#define LEASEHOLD_SERVER_POLICY_RULE_INDEX_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/policy/compiled_rule.h"
#include "server/policy/prefix_index.h"

namespace leasehold {

// How the rules of several policies fared.
struct PlacedAttempt {
  uint32_t place = 0;  // of the policy in its set
  RuleAttempt attempt;
};

// Tries many rules as if each were tried in turn, and looks only at those that are about the target
// and whose paths or tools begin as what is asked for. Keeps pointers to the rules. Immutable once
// it is filled.
class RuleIndex {
 public:
  // In the order in which rules are tried; `place` is that of the rule's policy.
  void Add(uint32_t place, const CompiledRule& rule);

  // The first rule that allows, else the first of those that came nearest; kNoRule where there is
  // no rule at all. Does not allocate.
  PlacedAttempt Try(const UseFacts& facts) const;

 private:
  // One pattern of a rule.
  struct Item {
    uint32_t place;
    uint32_t order;  // of the rule among all
    uint32_t pattern;
    const CompiledRule* rule;
  };
  // Rules about one target.
  struct TargetRules {
    std::optional<Item> first_path;  // of the rules that are about no tools
    std::optional<Item> first_tool;
    PrefixIndex<Item> paths;
    PrefixIndex<Item> tools;
  };
  struct Best;
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  uint32_t rules_ = 0;
  std::optional<Item> first_;
  absl::flat_hash_map<std::string, TargetRules, Hash, std::equal_to<>> targets_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_RULE_INDEX_H_
