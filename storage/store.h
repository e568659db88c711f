#ifndef LEASEHOLD_STORAGE_STORE_H_
#define LEASEHOLD_STORAGE_STORE_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/rows.h"

namespace leasehold {

// A consistent view of the store: every call sees what was committed when the view was opened. One
// view belongs to one thread at a time; many views may live side by side and beside the writer.
class StoreView {
 public:
  virtual ~StoreView() = default;

  virtual absl::StatusOr<TreeHead> Head() = 0;
  virtual absl::StatusOr<TimeMark> Mark() = 0;
  virtual absl::StatusOr<Genesis> GetGenesis() = 0;

  // Calls `visit` for entries [first, end) in order until it returns an error, which is returned.
  // Missing or out-of-order entries are kStoreDamaged and name the index.
  virtual absl::Status ReadEntries(
      uint64_t first, uint64_t end,
      const std::function<absl::Status(uint64_t index, std::string_view bytes)>& visit) = 0;
  virtual absl::Status ReadTexts(const std::function<absl::Status(const TextRow&)>& visit) = 0;
  virtual absl::Status ReadBodies(const std::function<absl::Status(const BodyRow&)>& visit) = 0;
  virtual absl::StatusOr<std::optional<std::string>> ReadBody(const Hash& hash) = 0;
  virtual absl::StatusOr<std::optional<VersionRow>> ReadVersion(const VersionKey& key) = 0;
  virtual absl::StatusOr<std::vector<KeyRow>> ReadKeys() = 0;
  // Tiles of `level` with numbers [first, end), in order; missing ones are kStoreDamaged.
  virtual absl::Status ReadTiles(uint32_t level, uint64_t first, uint64_t end,
                                 const std::function<absl::Status(const TileRow&)>& visit) = 0;
  virtual absl::Status ReadSummaries(
      const std::function<absl::Status(const SummaryRow&)>& visit) = 0;
  // Rows ordered by (section, key), with `through` and `digest` of the newest SnapshotChange; both
  // zero where there was none.
  struct SnapshotInfo {
    uint64_t through = 0;
    Hash digest{};
  };
  virtual absl::StatusOr<SnapshotInfo> ReadSnapshot(
      const std::function<absl::Status(const SnapshotRow&)>& visit) = 0;
};

// Room on the store's disk.
struct Space {
  uint64_t database_bytes = 0;
  uint64_t free_bytes = 0;
  // Below the low-water mark: only batches that may use the reserve are to be appended.
  bool low = false;
};

// Where the ledger, its side tables and the ciphertext live. A backend opens with an exclusive
// lock: a second server on the same store is refused (kStoreLocked).
class Store {
 public:
  virtual ~Store() = default;

  // Makes `batch` durable, whole or not at all. From one thread only. After an error the state on
  // disk is as before the call or as after it and unknown which: the caller must stop the process.
  // kLedgerFull, and only that, says that nothing was written and that going on is safe.
  virtual absl::Status Append(const Batch& batch) = 0;

  // Keeps the clock's mark when there is nothing to append. Same thread as Append.
  virtual absl::Status SaveMark(const TimeMark& mark) = 0;

  // Safe from any thread.
  virtual absl::StatusOr<std::unique_ptr<StoreView>> NewView() = 0;

  // Safe from any thread; cheap (one statvfs), may be some milliseconds old.
  virtual Space GetSpace() = 0;

  // How far the ledger had come as a witness outside of the database remembers it, read at the
  // start; nullopt where the backend keeps none. Open has refused a shorter ledger; start-up checks
  // that the root at this size is this one.
  virtual std::optional<TreeHead> AnchorHead() const { return std::nullopt; }

  // Copies everything into a new file at `path` (kAlreadyExists where there is one) while appends
  // go on. The copy is consistent and synced. Safe from any thread.
  virtual absl::Status BackupTo(const std::string& path) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_STORE_H_
