#ifndef LEASEHOLD_SERVER_POLICY_COMPILED_POLICY_H_
#define LEASEHOLD_SERVER_POLICY_COMPILED_POLICY_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/name.h"
#include "server/policy/decision.h"
#include "server/policy/http_path.h"

namespace leasehold::v1 {
class Policy;
}

namespace leasehold {

// One item of an allow section.
struct CompiledRule {
  std::string name;  // "allow[0]"
  std::string target;
  bool reads_only = false;
  std::vector<std::string> methods;  // empty = every method
  std::vector<PathPattern> paths;    // empty = every path
};

// One policy, checked. Immutable once it is part of a CompiledPolicies.
struct CompiledPolicy {
  std::string name;
  bool deny = false;
  std::vector<NamePattern> agents;
  std::vector<std::string> groups;     // sorted, distinct
  std::vector<NamePattern> workflows;  // empty = every workflow
  std::vector<NamePattern> secrets;
  absl::Duration ttl;
  absl::Duration max_ttl;
  Delivery delivery = Delivery::kBrokered;  // kRevealed also permits brokered leases
  std::vector<CompiledRule> allow;
};

// INVALID_ARGUMENT names the policy and the key. `position` is the policy's place in the set, to
// name one whose name is at fault. Adds to `set_entries` the entries of all its lists.
absl::StatusOr<CompiledPolicy> CompilePolicy(const v1::Policy& policy, int position,
                                             size_t* set_entries);

// Whether subjects, workflows and secrets all hold. Does not allocate.
bool Covers(const CompiledPolicy& policy, const DecisionSubject& subject);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_COMPILED_POLICY_H_
