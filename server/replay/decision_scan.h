#ifndef LEASEHOLD_SERVER_REPLAY_DECISION_SCAN_H_
#define LEASEHOLD_SERVER_REPLAY_DECISION_SCAN_H_

#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/published_state.h"
#include "server/leases/state/entity_table.h"
#include "server/policy/decision.h"
#include "storage/store.h"

namespace leasehold {

// What was issued to one agent, and what a policy looks at.
struct ReplayedHolder {
  EntityUid agent;
  TextId workflow;
  TextId user;
  std::vector<EntityUid> claimed_groups;

  bool operator==(const ReplayedHolder&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ReplayedHolder& holder) {
    return H::combine(std::move(h), holder.agent, holder.workflow, holder.user,
                      holder.claimed_groups);
  }
};

// What never changes about a lease and decides about it. Leases that are alike are equal.
struct ReplayedLease {
  absl::InlinedVector<ReplayedHolder, 1> chain;  // the lease's own first, the root last
  EntityUid secret;
  TextId approved_policy;  // of the root; empty where nobody had to agree
  Delivery delivery = Delivery::kBrokered;

  bool operator==(const ReplayedLease&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const ReplayedLease& lease) {
    return H::combine(std::move(h), lease.chain, lease.secret, lease.approved_policy,
                      lease.delivery);
  }
};

// One entry that records a decision: a use, a lease issued, or refusals.
struct ReplayedEntry {
  uint64_t index = 0;
  absl::Time time;
  const ledger::v1::Entry& entry;
  const ReplayedLease* lease = nullptr;  // of uses and leases issued
};

// Goes through the decisions of a ledger from its beginning, and keeps who was in which group at
// each of them: groups are a part of what policies decide about, and a use does not hold them. All
// else that is asked of a lease never changes, and comes from the published state, which is locked
// for a block of entries at a time. Takes memory for agents and groups, not for leases or entries.
// One thread.
class DecisionScan {
 public:
  struct Range {
    absl::Time start = absl::InfinitePast();
    absl::Time end = absl::InfiniteFuture();
  };
  using Visit = std::function<absl::Status(const ReplayedEntry&)>;

  // Both outlive it.
  DecisionScan(Store& store, const PublishedState& published)
      : store_(store), published_(published) {}

  // Calls `visit` for each decision within `range`, in order, until it returns an error, which is
  // returned; `go_on` is asked once a block, and where it says no the answer is CANCELLED. Reads
  // what was published when it began. STORE_DAMAGED for what cannot be read.
  absl::Status Run(const Range& range, const std::function<bool()>& go_on, const Visit& visit);

  // As of the entry that is visited. Names are those that entities have ever had.
  const EntityTable& entities() const { return entities_; }
  // Changes whenever somebody's groups may have.
  uint64_t groups_version() const { return groups_version_; }
  // Entries that were read.
  uint64_t entries() const { return entries_; }

 private:
  struct Block;

  absl::Status ReadBlock(StoreView& view, uint64_t first, uint64_t end, Block* block);
  void FindLeases(Block* block) const;
  void FoldGroups(uint64_t index, const ledger::v1::Entry& entry);

  Store& store_;
  const PublishedState& published_;
  EntityTable entities_;
  uint64_t groups_version_ = 0;
  uint64_t entries_ = 0;
  absl::Time epoch_start_ = absl::UnixEpoch();
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_DECISION_SCAN_H_
