#ifndef LEASEHOLD_SERVER_POLICY_POLICY_WARNINGS_H_
#define LEASEHOLD_SERVER_POLICY_POLICY_WARNINGS_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/compiled_target.h"

namespace leasehold::v1 {
class PolicySet;
}

namespace leasehold {

// What exists, by name.
struct KnownNames {
  std::vector<std::string> agents;  // ascending, as groups and secrets are
  std::vector<std::string> groups;
  std::vector<std::string> secrets;
  std::map<std::string, std::shared_ptr<const CompiledTarget>, std::less<>> targets;
};

// Something in a set that is accepted and is probably a mistake.
struct FoundWarning {
  uint32_t position = 0;  // of the policy in its set
  std::string policy;
  std::string key;      // "allow[0].paths[1]", by its place in the set as it was sent
  std::string message;  // one sentence
};

// How many comparisons of patterns with names and with each other a set is worth: about a second.
// What a set of ten thousand policies would take beyond that is not looked for.
inline constexpr uint64_t kWarningStepsMax = 10'000'000;

// In the order of the set: agents, groups, secrets and targets that do not exist; rules that never
// match, and such as never decide since one before allows the same; allow policies that a deny
// policy denies whole; observe_until that has passed. `compiled` was made of `set`.
std::vector<FoundWarning> FindWarnings(const v1::PolicySet& set, const CompiledPolicies& compiled,
                                       const KnownNames& known, absl::Time now);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_POLICY_WARNINGS_H_
