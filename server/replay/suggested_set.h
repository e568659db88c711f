#ifndef LEASEHOLD_SERVER_REPLAY_SUGGESTED_SET_H_
#define LEASEHOLD_SERVER_REPLAY_SUGGESTED_SET_H_

#include "leasehold/v1/policy.pb.h"
#include "server/policy/compiled_policies.h"
#include "server/replay/agent_usage.h"

namespace leasehold {

// The tightest set that allows `usage`, by narrowing each policy of `in_force` that it rests on.
// `sent` is what `in_force` was compiled from.
//
// A policy is about the agent alone and keeps all that makes it stricter: time of day, lease terms,
// binding, mode, limits, approval. Secrets and workflows that were used alike share one policy,
// called `AGENT/POLICY`, `AGENT/POLICY-2`...; but what has limits, max_active or approval stays
// one, or each part would count for itself, and approval keeps the policy's name, because approvers
// agreed to that. Users are those that were acted for, where the policy names users and all of them
// match by name. A list that would be too long is that of the policy. Deny policies are kept whole.
// Policies that are not about the agent any more are left out.
v1::PolicySet SuggestedSet(const AgentUsage& usage, const CompiledPolicies& in_force,
                           const v1::PolicySet& sent);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_SUGGESTED_SET_H_
