#ifndef LEASEHOLD_SERVER_REPLAY_SUGGEST_H_
#define LEASEHOLD_SERVER_REPLAY_SUGGEST_H_

#include <functional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/ids.h"
#include "server/leases/published_state.h"
#include "server/policy/compiled_policies.h"
#include "storage/store.h"

namespace leasehold {

// Whom a suggestion is for, and what it is made out of.
struct SuggestQuestion {
  EntityUid agent;
  absl::Time start = absl::InfinitePast();
  const CompiledPolicies& in_force;
  const v1::PolicySet& sent;  // what `in_force` was compiled from
};

// The tightest set that allows what the ledger says the agent did at or after `start`, and what
// `in_force` allows beside it (agent_usage.h, suggested_set.h, unused_grants.h). Replaying these
// decisions against the suggestion denies none that is not counted as left out. TOO_LARGE where the
// suggestion would be no set that can be applied; else as DecisionScan.Run.
absl::StatusOr<v1::SuggestPolicyResponse> SuggestPolicy(Store& store,
                                                        const PublishedState& published,
                                                        const SuggestQuestion& question,
                                                        const std::function<bool()>& go_on);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_SUGGEST_H_
