#ifndef LEASEHOLD_STORAGE_SQLITE_SQLITE_STORE_H_
#define LEASEHOLD_STORAGE_SQLITE_SQLITE_STORE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/batch_writer.h"
#include "storage/sqlite/checkpointer.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/disk_room.h"
#include "storage/sqlite/head_anchor.h"
#include "storage/sqlite/store_lock.h"
#include "storage/store.h"

namespace leasehold {

struct SqliteOptions {
  // The database file. Beside it lie, with these endings: -wal and -shm (SQLite's), .lock (who has
  // it open), .anchor (how far the ledger had come), .reserve (room for revocations on a full
  // disk).
  std::string path;
  uint64_t reserve_bytes = kReserveBytes;
  uint64_t low_water_bytes = kLowWaterBytes;
  // For `server restore` alone: takes a database without a head anchor, or with one that it does
  // not fit; the first Append makes a new anchor.
  bool restoring = false;
};

// The Store in one SQLite file: WAL, synced at every commit, one connection that writes, a
// connection for each view.
class SqliteStore final : public Store {
 public:
  // A new store with `first` (entry 0 and what belongs to it) committed. kAlreadyExists where there
  // is a database; kIo, which names the folder, where it cannot be written or has no room for the
  // reserve. After an error no file stays.
  static absl::StatusOr<std::unique_ptr<Store>> Create(const SqliteOptions& options,
                                                       const Genesis& genesis, const Batch& first);

  // Opens, and migrates where the schema is older. kStoreMissing, kStoreLocked, kStoreDamaged,
  // kStoreSchemaNewer, kIo; kStoreRolledBack where the head anchor is ahead of the database, says
  // another root at the same size, or is missing.
  static absl::StatusOr<std::unique_ptr<Store>> Open(const SqliteOptions& options);

  ~SqliteStore() override;

  absl::Status Append(const Batch& batch) override;
  absl::Status SaveMark(const TimeMark& mark) override;
  absl::StatusOr<std::unique_ptr<StoreView>> NewView() override;
  Space GetSpace() override;
  absl::Status BackupTo(const std::string& path) override;
  std::optional<TreeHead> AnchorHead() const override { return anchor_found_; }

 private:
  struct Parts;
  explicit SqliteStore(Parts parts);

  static absl::Status Build(const SqliteOptions& options, const Genesis& genesis,
                            const Batch& first, const std::string& building);
  static absl::StatusOr<std::unique_ptr<Store>> OpenLocked(const SqliteOptions& options,
                                                           StoreLock lock);
  absl::Status Commit(const Batch& batch);
  absl::Status MoveAnchor(const TreeHead& head);

  // Constant after construction.
  const std::string path_;
  const std::optional<TreeHead> anchor_found_;

  // The order matters: the lock is the last to go.
  StoreLock lock_;
  DiskRoom room_;

  // The writer's thread only.
  std::optional<HeadAnchor> anchor_;
  std::unique_ptr<SqliteConnection> writer_;
  Checkpointer checkpointer_;
  BatchWriter batch_writer_;
  uint64_t size_ = 0;
  // Why an earlier call failed: nothing is written after that.
  absl::Status failure_;
};

// A view of a database file that no server has to have open: a backup, a copy, see OpenForReading
// for what it takes and what it answers.
absl::StatusOr<std::unique_ptr<StoreView>> OpenReadOnly(const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_SQLITE_STORE_H_
