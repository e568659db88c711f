#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_SNAPSHOT_CHECK_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_SNAPSHOT_CHECK_H_

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/snapshot.h"
#include "server/ledger/verify/findings.h"
#include "storage/rows.h"

namespace leasehold {

// Compares what entries come to with what snapshots say: with the digest in each `snapshot` entry,
// and at the end with the stored rows of the newest.
class SnapshotCheck {
 public:
  // For a `snapshot` entry. `before` holds everything before it; its marks of what changed are
  // used up.
  Objection AddEntry(uint64_t index, const ledger::v1::Snapshot& snapshot, State& before);

  // Each stored row, in any order, after the last entry.
  void AddRow(const SnapshotRow& row, Findings& findings);
  // After the last row.
  void Finish(Findings& findings);

  // Whether there was a `snapshot` entry, and which was the newest.
  bool any() const { return any_; }
  uint64_t index() const { return index_; }
  const Hash& digest() const { return digest_; }

 private:
  using RowKey = std::pair<std::string, std::string>;

  void AddFinding(Findings& findings, const RowKey& key, std::string_view what) const;

  StateSnapshot snapshot_;
  std::map<RowKey, Hash> expected_;  // hashes of the rows' bodies
  bool any_ = false;
  uint64_t index_ = 0;
  Hash digest_{};
};

// A row's name for people: "watermarks, agent 3", "leases 1 to 1024".
std::string SnapshotRowName(const std::string& section, const std::string& key);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_SNAPSHOT_CHECK_H_
