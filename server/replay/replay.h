#ifndef LEASEHOLD_SERVER_REPLAY_REPLAY_H_
#define LEASEHOLD_SERVER_REPLAY_REPLAY_H_

#include <cstddef>
#include <functional>

#include "absl/status/statusor.h"
#include "leasehold/v1/policy.pb.h"
#include "server/leases/published_state.h"
#include "server/policy/compiled_policies.h"
#include "server/replay/decision_scan.h"
#include "storage/store.h"

namespace leasehold {

// Kinds of changes that are told apart; of more, which nobody would read, only the number of
// decisions is counted.
inline constexpr size_t kReplayChangesKept = 100'000;
inline constexpr size_t kReplayChangesShown = 1'000;

// Runs the ledger's decisions of `range` against `proposed` and tells which would be different, by
// the functions that decide. Compared are allowed uses and reveals, leases issued, and uses that
// policy refused. What was refused for another cause (an expired lease, a revocation, a target that
// may not inject) would be refused again. What the ledger does not tell enough about is counted as
// undecidable and never guessed: paths of which it holds a pattern that the set does not treat
// alike, calls of tools, refused acquisitions (who asked for whom is not recorded), refusals that
// were only counted, and what a limit refused that the set would allow. Limits, max_active and
// holds are not replayed. CANCELLED where `go_on` says no; else as DecisionScan.
absl::StatusOr<v1::ReplayPoliciesResponse> ReplayPolicies(Store& store,
                                                          const PublishedState& published,
                                                          const CompiledPolicies& proposed,
                                                          const DecisionScan::Range& range,
                                                          const std::function<bool()>& go_on);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_REPLAY_H_
