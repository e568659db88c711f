#ifndef LEASEHOLD_TESTS_SUPPORT_SWITCHABLE_STORE_H_
#define LEASEHOLD_TESTS_SUPPORT_SWITCHABLE_STORE_H_

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "storage/store.h"

namespace leasehold {

// A real store whose disk does what a test wants.
class SwitchableStore final : public Store {
 public:
  explicit SwitchableStore(std::unique_ptr<Store> store) : store_(std::move(store)) {}

  // As below the low-water mark. Safe from any thread.
  void SetLow(bool low) { low_ = low; }
  // What Append answers from now on, without writing; OK ends that. The Committer's thread.
  void FailAppends(absl::Status error) { append_error_ = std::move(error); }
  // From now on each Append waits, as where the disk hangs, until Release. Safe from any thread.
  void HoldAppends();
  void ReleaseAppends();
  // Waits until an Append is held.
  void AwaitHeldAppend();

  // The next Append that may not use the reserve finds the disk full, as when it filled up after
  // GetSpace was asked.
  void FillUp() { fill_up_ = true; }

  uint64_t appends() const { return appends_; }
  const SnapshotChange* last_snapshot() const { return snapshot_ ? &*snapshot_ : nullptr; }

  absl::Status Append(const Batch& batch) override;
  absl::Status SaveMark(const TimeMark& mark) override { return store_->SaveMark(mark); }
  absl::StatusOr<std::unique_ptr<StoreView>> NewView() override { return store_->NewView(); }
  Space GetSpace() override;
  std::optional<TreeHead> AnchorHead() const override { return store_->AnchorHead(); }
  absl::Status BackupTo(const std::string& path) override { return store_->BackupTo(path); }

 private:
  const std::unique_ptr<Store> store_;
  std::atomic<bool> low_ = false;
  absl::Mutex mu_;
  bool hold_ ABSL_GUARDED_BY(mu_) = false;
  bool held_ ABSL_GUARDED_BY(mu_) = false;
  bool fill_up_ = false;
  absl::Status append_error_;
  uint64_t appends_ = 0;
  std::optional<SnapshotChange> snapshot_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_SWITCHABLE_STORE_H_
