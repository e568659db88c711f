#ifndef LEASEHOLD_SERVER_API_ENTRY_QUERY_H_
#define LEASEHOLD_SERVER_API_ENTRY_QUERY_H_

#include <optional>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "leasehold/v1/ledger.pb.h"
#include "server/base/ids.h"
#include "server/leases/state/state.h"
#include "server/ledger/block_summary.h"

namespace leasehold {

// Everything that ever had one name: the living entity and those of before, oldest first. A name
// may have been deleted and created anew, and who asks the ledger by name means all of them.
std::vector<EntityUid> EverNamed(const State& state, EntityKind kind, std::string_view name);

// The filter of a ListEntriesRequest by ids.
class EntryQuery {
 public:
  // INVALID_ARGUMENT names the field. nullopt where the filter names something that never existed:
  // nothing can pass then.
  static absl::StatusOr<std::optional<EntryQuery>> Parse(const v1::ListEntriesRequest& request,
                                                         const State& state);

  // Whether there is any condition, so that looking at summaries is worth while.
  bool IsNarrow() const { return narrow_; }
  bool Matches(const EntryFacts& facts) const;
  // As BlockSummary::MayContain.
  bool MayBeIn(const BlockSummary& block) const;

 private:
  // What one uid each says; entities are in the lists.
  EntryFilter filter_;
  std::vector<EntityUid> agents_;  // empty = no condition
  std::vector<EntityUid> secrets_;
  std::vector<EntityUid> targets_;
  bool narrow_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_ENTRY_QUERY_H_
