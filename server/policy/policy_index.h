#ifndef LEASEHOLD_SERVER_POLICY_POLICY_INDEX_H_
#define LEASEHOLD_SERVER_POLICY_POLICY_INDEX_H_

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "server/policy/compiled_policy.h"
#include "server/policy/decision.h"
#include "server/policy/policy_block.h"
#include "server/policy/prefix_index.h"

namespace leasehold {

// Finds the few policies that may cover a subject among many, in blocks of those that ask for the
// same (policy_block.h). Each block is filed under what its agents and groups, or its users and
// their groups, or its secrets, or its workflows begin with: whichever it shares with the fewest
// blocks. So ten thousand policies of as many teams cost what one does. Immutable.
class PolicyIndex {
 public:
  // Files those of `policies` whose `deny` is as given. Keeps pointers into the span.
  PolicyIndex(std::span<const CompiledPolicy> policies, bool deny);

  // Calls visit(block) for each block that may cover `subject` and for some that do not; perhaps
  // more than once, in no order. Does not allocate.
  template <typename Visit>
  void ForEachCandidate(const DecisionSubject& subject, const Visit& visit) const {
    const auto visit_all = [&](const std::vector<uint32_t>& numbers) {
      for (const uint32_t number : numbers) visit(blocks_[number]);
    };
    agents_.ForEachList(subject.agent, visit_all);
    for (const std::string_view group : subject.groups) groups_.ForEachList(group, visit_all);
    users_.ForEachList(subject.user, visit_all);
    for (const std::string_view group : subject.user_groups) {
      user_groups_.ForEachList(group, visit_all);
    }
    secrets_.ForEachList(subject.secret, visit_all);
    workflows_.ForEachList(subject.workflow, visit_all);
  }

 private:
  using Places = PrefixIndex<uint32_t>;  // numbers of blocks

  std::vector<PolicyBlock> blocks_;
  Places agents_;
  Places groups_;
  Places users_;
  Places user_groups_;
  Places secrets_;
  Places workflows_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_POLICY_INDEX_H_
