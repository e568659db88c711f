#ifndef LEASEHOLD_SERVER_POLICY_COMPILED_POLICY_H_
#define LEASEHOLD_SERVER_POLICY_COMPILED_POLICY_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/crypto_bytes.h"
#include "server/base/name.h"
#include "server/policy/compiled_rule.h"
#include "server/policy/decision.h"
#include "server/policy/time_window.h"

namespace leasehold::v1 {
class Policy;
}

namespace leasehold {

// On whose behalf the agent must act. One entry of either list suffices.
struct CompiledOnBehalfOf {
  std::vector<std::string> users;   // globs (server/base/glob.h)
  std::vector<std::string> groups;  // sorted, distinct
};

// One policy, checked. Immutable once it is part of a CompiledPolicies.
struct CompiledPolicy {
  std::string name;
  bool deny = false;
  // SHA-256 of what decides whom it covers and when, and whether it is observed then. Of a policy
  // that asks for approvers also of its name, since they agree to one policy.
  Hash conditions{};
  // Before this it is observed; InfinitePast where it is enforced from the start.
  absl::Time observe_until = absl::InfinitePast();
  std::vector<NamePattern> agents;
  std::vector<std::string> groups;  // sorted, distinct
  std::optional<CompiledOnBehalfOf> on_behalf_of;
  std::vector<NamePattern> workflows;  // empty = every workflow
  std::vector<NamePattern> secrets;
  std::vector<TimeWindow> when;  // empty = always
  absl::Duration ttl;
  absl::Duration max_ttl;
  Delivery delivery = Delivery::kBrokered;  // kRevealed also permits brokered leases
  uint32_t max_active = 0;                  // 0 = no limit
  Binding binding = Binding::kIdentity;
  std::optional<CompiledApproval> approval;
  std::vector<CompiledLimit> limits;
  std::vector<CompiledRule> allow;

  bool ObservedAt(absl::Time time) const { return time < observe_until; }
  // Whether it waits for approvers who have not agreed to what `subject` has.
  bool LacksApproval(const DecisionSubject& subject) const {
    return approval.has_value() && subject.approved_policy != name;
  }
};

// How much of what a set may have is taken.
struct SetBudget {
  size_t entries = 0;      // of all lists
  size_t expressions = 0;  // of `matches`
};

// INVALID_ARGUMENT names the policy and the key. `position` is the policy's place in the set. Adds
// to `budget` what it takes; who calls compares that with the limits of a set.
absl::StatusOr<CompiledPolicy> CompilePolicy(const v1::Policy& policy, int position,
                                             SetBudget* budget);

// The conditions on who, what for and when, in the order in which they are tried.
enum class CoverStage { kSecrets, kSubjects, kOnBehalfOf, kWorkflows, kWhen, kCovers };

// The first condition that does not hold, or kCovers. Does not allocate.
CoverStage TryCover(const CompiledPolicy& policy, const DecisionSubject& subject);

// Whether subjects, workflows, secrets and time all hold. Does not allocate.
inline bool Covers(const CompiledPolicy& policy, const DecisionSubject& subject) {
  return TryCover(policy, subject) == CoverStage::kCovers;
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_COMPILED_POLICY_H_
