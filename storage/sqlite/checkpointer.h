#ifndef LEASEHOLD_STORAGE_SQLITE_CHECKPOINTER_H_
#define LEASEHOLD_STORAGE_SQLITE_CHECKPOINTER_H_

#include <memory>

#include "absl/status/status.h"
#include "storage/sqlite/connection.h"

namespace leasehold {

// Moves the WAL's pages into the database, after a commit and in its thread. SQLite's own
// autocheckpoint does it at the same moment, but hides a failed sync; we stop on that.
class Checkpointer {
 public:
  // Replaces the autocheckpoint of `connection`, which must live longer.
  explicit Checkpointer(SqliteConnection* connection);

  // After each commit. `erased` says that it took text or ciphertext away: older pages in the WAL
  // still hold those bytes, so the WAL is emptied, now or as soon as no reader needs it.
  absl::Status AfterCommit(bool erased);

 private:
  absl::Status Passive();
  absl::Status Scrub();

  SqliteConnection* const connection_;
  // Pages in the WAL, told by SQLite's hook, which needs an address that does not change.
  const std::unique_ptr<int> wal_pages_;
  bool scrub_due_ = false;
  int commits_to_scrub_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_CHECKPOINTER_H_
