#ifndef LEASEHOLD_SERVER_REPLAY_AGENT_USAGE_H_
#define LEASEHOLD_SERVER_REPLAY_AGENT_USAGE_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/policy/compiled_policies.h"
#include "server/replay/decision_scan.h"

namespace leasehold {

// Uses of one rule by one method.
struct MethodUsage {
  bool writes = false;          // else only reads
  std::set<std::string> paths;  // paths and patterns, as recorded

  auto operator<=>(const MethodUsage&) const = default;
};

// Uses of one allow rule.
struct RuleUsage {
  std::map<std::string, MethodUsage> methods;
  // Place in the rule's tools, and what was called or the pattern recorded; whether it writes.
  std::map<std::pair<size_t, std::string>, bool> tools;

  auto operator<=>(const RuleUsage&) const = default;
};

// What one secret was used for in one workflow.
struct SecretUsage {
  bool revealed = false;
  std::map<size_t, RuleUsage> rules;  // by place in the policy

  void Add(const SecretUsage& other);
  auto operator<=>(const SecretUsage&) const = default;
};

// What rests on one policy.
struct PolicyUsage {
  uint64_t uses = 0;
  uint64_t without_path = 0;
  std::set<std::string> users;                                         // on whose behalf
  std::map<std::pair<std::string, std::string>, SecretUsage> secrets;  // secret, workflow
};

// What an agent took leases for and did with them, by the policies of a set that allow it.
struct AgentUsage {
  std::string agent;                            // its name
  std::vector<std::string> groups;              // names of those it belongs to now
  std::vector<std::string> all_secrets;         // names of those there are now
  std::map<std::string, PolicyUsage> policies;  // by name
  uint64_t left_out = 0;

  // Whether `policy` is about the agent, by its name or by a group that it is in now.
  bool IsAbout(const CompiledPolicy& policy) const;
};

// Different things that one agent did are kept in memory; an agent that does more than these has no
// use for a list of them. Uses of further kinds are left out.
inline constexpr size_t kUsageKindsMax = 100'000;

// Reads the leases that were issued to the agent `uid`, and the uses of these and of what was
// delegated from them, at or after `start`, and asks `policies` about each as ReplayPolicies does.
// Left out and counted are uses that `policies` does not allow (or only by not enforcing) and those
// that the ledger does not tell enough about. Errors as DecisionScan.Run.
absl::StatusOr<AgentUsage> ReadAgentUsage(Store& store, const PublishedState& published,
                                          const CompiledPolicies& policies, EntityUid uid,
                                          absl::Time start, const std::function<bool()>& go_on);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_AGENT_USAGE_H_
