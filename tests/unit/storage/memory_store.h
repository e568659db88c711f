#ifndef LEASEHOLD_TESTS_UNIT_STORAGE_MEMORY_STORE_H_
#define LEASEHOLD_TESTS_UNIT_STORAGE_MEMORY_STORE_H_

#include <compare>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "storage/store.h"

namespace leasehold {

// What a MemoryStore holds; plain containers, so that it can be the model for other backends.
struct MemoryRows {
  Genesis genesis;
  TreeHead head;
  TimeMark mark;
  std::vector<std::string> entries;
  std::map<TextId, TextRow> texts;
  std::map<Hash, std::string> bodies;
  std::map<VersionKey, VersionRow> versions;
  std::map<std::pair<int, uint32_t>, std::string> keys;
  std::map<std::pair<uint32_t, uint64_t>, std::string> tiles;
  std::map<uint64_t, std::string> summaries;
  std::map<std::pair<std::string, std::string>, std::string> snapshot;
  StoreView::SnapshotInfo snapshot_info;
};

// The "disk" under a MemoryStore: outlives it, so that a test can open the store again as after a
// restart. Safe from any thread.
class MemoryDisk {
 public:
  // As on a disk below the low-water mark: only batches that may use the reserve are admitted.
  void SetLow(bool low);
  // The next Append or SaveMark fails with `error` and writes nothing, and so do all after it, as
  // a backend behaves whose COMMIT failed.
  void FailWrites(absl::Status error);

  // Gives back what a view held, under the lock that Append finds out with whether there is one.
  void Drop(std::shared_ptr<const MemoryRows>* rows);

 private:
  friend class MemoryStore;
  friend absl::StatusOr<std::unique_ptr<StoreView>> OpenMemoryBackup(
      std::shared_ptr<MemoryDisk> disk, const std::string& path);
  using Rows = std::shared_ptr<const MemoryRows>;

  absl::Mutex mu_;
  Rows rows_ ABSL_GUARDED_BY(mu_);  // nullptr: nothing was created
  bool open_ ABSL_GUARDED_BY(mu_) = false;
  bool low_ ABSL_GUARDED_BY(mu_) = false;
  absl::Status failure_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, Rows> backups_ ABSL_GUARDED_BY(mu_);
};

// A Store without a file, for tests of what stands above it. It keeps every promise of the
// interface but durability, and runs the same suite as the real ones.
class MemoryStore final : public Store {
 public:
  // kAlreadyExists where the disk holds a store.
  static absl::StatusOr<std::unique_ptr<Store>> Create(std::shared_ptr<MemoryDisk> disk,
                                                       const Genesis& genesis, const Batch& first);
  // kStoreMissing where nothing was created; kStoreLocked where it is open.
  static absl::StatusOr<std::unique_ptr<Store>> Open(std::shared_ptr<MemoryDisk> disk);

  ~MemoryStore() override;
  absl::Status Append(const Batch& batch) override;
  absl::Status SaveMark(const TimeMark& mark) override;
  absl::StatusOr<std::unique_ptr<StoreView>> NewView() override;
  Space GetSpace() override;
  absl::Status BackupTo(const std::string& path) override;

 private:
  explicit MemoryStore(std::shared_ptr<MemoryDisk> disk) : disk_(std::move(disk)) {}
  const std::shared_ptr<MemoryDisk> disk_;
};

// A view of what BackupTo wrote to `path`.
absl::StatusOr<std::unique_ptr<StoreView>> OpenMemoryBackup(std::shared_ptr<MemoryDisk> disk,
                                                            const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_STORAGE_MEMORY_STORE_H_
