#ifndef LEASEHOLD_TESTS_FAULTS_VFS_FAULT_VFS_H_
#define LEASEHOLD_TESTS_FAULTS_VFS_FAULT_VFS_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "tests/faults/vfs/unsynced.h"

namespace leasehold {

// Lies between SQLite and the operating system, as SQLite's default VFS, and fails calls when it
// is told to. It remembers what was not synced, so that a test can cut the power and go on with
// what a disk would have kept; real syncs are left out, which makes thousands of runs affordable.
// Files that the store writes without SQLite (lock, anchor, reserve) do not pass here.
//
// One for the process. Safe from any thread.
class FaultVfs {
 public:
  // Kinds of calls; a plan combines them with |.
  enum Call : uint32_t {
    kOpen = 1,
    kRead = 2,
    kWrite = 4,
    kSync = 8,
    kTruncate = 16,
    kDelete = 32,
    kSize = 64,
    kLock = 128,
    kShm = 256,
    kAllCalls = 511,
  };

  struct Plan {
    uint32_t calls = 0;      // which are counted
    uint64_t at = 0;         // the first that fails, counted from 1; 0: none
    bool lasting = false;    // all after it fail too
    bool full = false;       // a write fails because the disk is full
    bool cut_power = false;  // all calls of every kind fail after it; the write itself is half done
  };

  // "sync+write:17:lasting:full": kinds, number, and any of the plan's words. nullopt where the
  // text is no plan.
  static std::optional<Plan> ParsePlan(std::string_view text);

  // Makes it SQLite's default with the first call.
  static FaultVfs& Install();

  void Arm(const Plan& plan);
  void Disarm() { Arm(Plan{}); }
  // Since Arm: whether a call failed, and how many were counted.
  bool fired() const;
  uint64_t counted() const;

  // After a cut, with every file closed: takes from the files what was not synced, as `seed` says,
  // and lets calls through again.
  void RestorePower(uint64_t seed);

  // What follows is for the layer itself.

  // SQLITE_OK, or how this call is to fail.
  int Judge(Call call);
  bool PowerIsCut() const;
  void Opened(const std::string& path, uint64_t size, bool fresh);
  void Closed();
  void Changing(const std::string& path, uint64_t begin, uint64_t end,
                const Unsynced::Reader& read);
  void Synced(const std::string& path, uint64_t size);
  // A name that goes without a sync of its folder may come back with its bytes.
  void Deleting(const std::string& path, bool durably);

 private:
  FaultVfs() = default;

  mutable absl::Mutex mu_;
  Plan plan_ ABSL_GUARDED_BY(mu_);
  uint64_t counted_ ABSL_GUARDED_BY(mu_) = 0;
  bool fired_ ABSL_GUARDED_BY(mu_) = false;
  bool power_is_cut_ ABSL_GUARDED_BY(mu_) = false;
  int open_files_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, Unsynced> files_ ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::string> deleted_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_FAULTS_VFS_FAULT_VFS_H_
