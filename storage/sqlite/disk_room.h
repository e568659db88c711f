#ifndef LEASEHOLD_STORAGE_SQLITE_DISK_ROOM_H_
#define LEASEHOLD_STORAGE_SQLITE_DISK_ROOM_H_

#include <chrono>
#include <cstdint>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "storage/sqlite/disk_reserve.h"
#include "storage/store.h"

namespace leasehold {

// Kept back for a full disk: at 1 KiB or so of disk for each lone commit, tens of thousands of
// revocations.
inline constexpr uint64_t kReserveBytes = uint64_t{64} << 20;

// Where ordinary work ends: the WAL at its usual greatest (4 MiB) and the database's growth when it
// is copied there, twice over, and the largest batch.
inline constexpr uint64_t kLowWaterBytes = uint64_t{16} << 20;

// Decides what may still be written when the disk runs full, so that revocation is never among
// what may not. Get() is safe from any thread, Admit() belongs to the writer's.
class DiskRoom {
 public:
  DiskRoom(std::string database, DiskReserve reserve, uint64_t low_water_bytes);

  // What must stay free for ordinary work. Safe from any thread.
  uint64_t low_water_bytes() const { return low_water_bytes_; }

  Space Get() ABSL_LOCKS_EXCLUDED(mu_);

  // Before a commit that writes `bytes` of rows. Without the reserve: kLedgerFull where room is
  // short. With it: makes the reserve shorter until there is enough, or it is used up.
  absl::Status Admit(uint64_t bytes, bool may_use_reserve) ABSL_LOCKS_EXCLUDED(mu_);

 private:
  using Clock = std::chrono::steady_clock;

  Space LookLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void RefillNowAndThenLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::string database_;
  const uint64_t low_water_bytes_;
  // Held over statvfs and stat, which wait for no disk, and over changes of the reserve, which
  // happen when the disk is full and wait for it a little.
  absl::Mutex mu_;
  DiskReserve reserve_ ABSL_GUARDED_BY(mu_);
  Space space_ ABSL_GUARDED_BY(mu_);
  Clock::time_point looked_ ABSL_GUARDED_BY(mu_){};
  Clock::time_point refilled_ ABSL_GUARDED_BY(mu_){};
};

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_DISK_ROOM_H_
