#include "server/state_sample.h"

#include "server/leases/active_leases.h"

namespace leasehold {

StateSample SampleState(Committer& committer) {
  UnixMillis now = committer.clock().Now();
  Space space = committer.space();
  StateSample sample{.ready = true,
                     .commit_queue_length = committer.queue_length(),
                     .ledger_bytes = space.database_bytes,
                     .storage_free_bytes = space.free_bytes,
                     .clock_adjustments = committer.clock().steps()};
  committer.published().Read([&](const PublishedState::View& view) {
    sample.ledger_entries = view.state.size();
    sample.policy_revision = view.state.policies().revision().value();
    if (!view.state.last_backup().empty()) {
      sample.last_backup = view.state.last_backup().ToTime();
    }
  });
  sample.leases_active = CountActiveLeases(committer.published(), now);
  return sample;
}

}  // namespace leasehold
