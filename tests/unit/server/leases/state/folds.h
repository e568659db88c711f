#ifndef LEASEHOLD_TESTS_UNIT_SERVER_LEASES_STATE_FOLDS_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_LEASES_STATE_FOLDS_H_

#include <map>
#include <memory>
#include <string>
#include <utility>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/check.h"
#include "server/leases/state/snapshot.h"
#include "server/leases/state/state.h"
#include "server/leases/state/view_side_source.h"
#include "server/ledger/entry_codec.h"
#include "storage/store.h"

namespace leasehold {

// Everything in a store, folded from the first entry on.
inline std::unique_ptr<State> FoldOf(StoreView& view) {
  auto state = std::make_unique<State>();
  ViewSideSource side(view);
  absl::Status read = side.LoadTexts(TextId());
  LEASEHOLD_CHECK(read.ok(), read.ToString());
  read = view.ReadEntries(0, view.Head()->size, [&](uint64_t index, std::string_view bytes) {
    absl::StatusOr<ledger::v1::Entry> entry = DecodeEntry(AsBytes(bytes));
    return entry.ok() ? state->Apply(LogIndex(index), *entry, side) : entry.status();
  });
  LEASEHOLD_CHECK(read.ok(), read.ToString());
  return state;
}

using SnapshotRows = std::map<std::pair<std::string, std::string>, std::string>;

// All rows of a state. Takes what has changed since it was loaded, so it must be a fold from the
// first entry on, and works once.
inline SnapshotRows RowsOf(State& state) {
  SnapshotRows rows;
  for (SnapshotRow& row : StateSnapshot().Take(state).put) {
    rows[{row.section, row.key}] = std::move(row.body);
  }
  return rows;
}

// The rows that a store keeps.
inline SnapshotRows StoredRows(StoreView& view) {
  SnapshotRows rows;
  absl::StatusOr<StoreView::SnapshotInfo> info = view.ReadSnapshot([&](const SnapshotRow& row) {
    rows[{row.section, row.key}] = row.body;
    return absl::OkStatus();
  });
  LEASEHOLD_CHECK(info.ok(), info.status().ToString());
  return rows;
}

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_LEASES_STATE_FOLDS_H_
