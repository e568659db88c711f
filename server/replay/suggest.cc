#include "server/replay/suggest.h"

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/replay/agent_usage.h"
#include "server/replay/suggested_set.h"
#include "server/replay/unused_grants.h"

namespace leasehold {

absl::StatusOr<v1::SuggestPolicyResponse> SuggestPolicy(Store& store,
                                                        const PublishedState& published,
                                                        const SuggestQuestion& question,
                                                        const std::function<bool()>& go_on) {
  ASSIGN_OR_RETURN(const AgentUsage usage, ReadAgentUsage(store, published, question.in_force,
                                                          question.agent, question.start, go_on));
  v1::SuggestPolicyResponse answer;
  *answer.mutable_policy_set() = SuggestedSet(usage, question.in_force, question.sent);
  const auto compiled = CompiledPolicies::Compile(answer.policy_set(), PolicyRevision(0));
  if (!compiled.ok()) {
    return Error(Reason::kTooLarge,
                 StrCat("what the agent used makes no policy set (",
                        ToStd(compiled.status().message()), "); ask about a shorter time"));
  }
  for (v1::UnusedGrant& grant : UnusedGrants(usage, question.in_force)) {
    *answer.add_unused() = std::move(grant);
  }
  uint64_t left_out = usage.left_out;
  for (const CompiledPolicy& policy : question.in_force.policies()) {
    const auto found = usage.policies.find(policy.name);
    if (found == usage.policies.end()) continue;
    if (!usage.IsAbout(policy)) {
      left_out += found->second.uses;
      continue;
    }
    answer.set_uses(answer.uses() + found->second.uses);
    answer.set_without_path(answer.without_path() + found->second.without_path);
  }
  answer.set_left_out(left_out);
  return answer;
}

}  // namespace leasehold
