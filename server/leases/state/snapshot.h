#ifndef LEASEHOLD_SERVER_LEASES_STATE_SNAPSHOT_H_
#define LEASEHOLD_SERVER_LEASES_STATE_SNAPSHOT_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/leases/state/state.h"
#include "storage/store.h"

namespace leasehold {

// Turns a State into rows and back, so that starting need not fold the whole ledger.
//
// The rows are checked against a digest that stands in the `snapshot` entry: SHA-256 over, for each
// row in order of section and key, the lengths of both as 8 bytes big-endian, both, and SHA-256 of
// the body. Only rows that changed are written; the hashes of the others are remembered.
class StateSnapshot {
 public:
  // What changed in `state` since the last call (everything, the first time), ready to be stored.
  // `through` is state.size(): the `snapshot` entry itself goes to that index.
  SnapshotChange Take(State& state);

  // The state of the newest snapshot in `view`: an empty state where there was none. kStoreDamaged
  // where the rows do not agree with the digest, or with texts and bodies. The digest itself must
  // be compared with the `snapshot` entry by the caller, who knows the entries.
  absl::StatusOr<State> Load(StoreView& view);

 private:
  using RowKey = std::pair<std::string, std::string>;

  void PutIfChanged(SnapshotRow row, SnapshotChange& change);
  Hash Digest() const;

  std::map<RowKey, Hash> body_hashes_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_SNAPSHOT_H_
