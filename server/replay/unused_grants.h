#ifndef LEASEHOLD_SERVER_REPLAY_UNUSED_GRANTS_H_
#define LEASEHOLD_SERVER_REPLAY_UNUSED_GRANTS_H_

#include <cstddef>
#include <vector>

#include "leasehold/v1/policy.pb.h"
#include "server/policy/compiled_policies.h"
#include "server/replay/agent_usage.h"

namespace leasehold {

// More is not read.
inline constexpr size_t kUnusedGrantsMax = 1'000;

// What `in_force` allows the agent and nothing of `usage` rests on, in the order of the set:
// policies, secrets that exist, workflows, delivery, rules, and of rules that were used methods,
// paths, writes and tools. What a policy allows beside another that was used counts as unused.
std::vector<v1::UnusedGrant> UnusedGrants(const AgentUsage& usage,
                                          const CompiledPolicies& in_force);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_UNUSED_GRANTS_H_
