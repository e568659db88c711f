#include "storage/sqlite/disk_room.h"

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/sqlite/files.h"

namespace leasehold {
namespace {

// How old an answer of Get() may be. Commits come every few hundred microseconds at most.
constexpr std::chrono::milliseconds kLookAge{5};

// How often a reserve that was used is looked after.
constexpr std::chrono::seconds kRefillPeriod{1};

// What a commit may need beside its rows: index pages, the head, a larger -shm file.
constexpr uint64_t kCommitBytes = uint64_t{1} << 20;

// A row is written to the WAL and later to the database, and pages are not quite full.
constexpr uint64_t kCopiesPerByte = 3;

}  // namespace

DiskRoom::DiskRoom(std::string database, DiskReserve reserve, uint64_t low_water_bytes)
    : database_(std::move(database)),
      low_water_bytes_(low_water_bytes),
      reserve_(std::move(reserve)) {}

Space DiskRoom::Get() {
  absl::MutexLock lock(&mu_);
  if (looked_ == Clock::time_point{} || Clock::now() - looked_ >= kLookAge) return LookLocked();
  return space_;
}

absl::Status DiskRoom::Admit(uint64_t bytes, bool may_use_reserve) {
  const uint64_t need = kCommitBytes + kCopiesPerByte * bytes;
  absl::MutexLock lock(&mu_);
  if (may_use_reserve) {
    const uint64_t free = reserve_.FreeBytes();
    return free >= need ? absl::OkStatus() : reserve_.Release(need - free);
  }
  RefillNowAndThenLocked();
  if (Clock::now() - looked_ >= kLookAge) LookLocked();
  if (!space_.low && space_.free_bytes >= low_water_bytes_ + need) return absl::OkStatus();
  return Error(Reason::kLedgerFull,
               StrCat("the disk of ", database_, " has ", space_.free_bytes >> 20,
                      " MiB left; only revocations, holds, suspensions and releases are accepted "
                      "until there is more room"));
}

Space DiskRoom::LookLocked() {
  space_.free_bytes = reserve_.FreeBytes();
  space_.database_bytes = SizeOrZero(database_) + SizeOrZero(database_ + "-wal");
  // What the reserve lacks is room that is spoken for.
  space_.low = space_.free_bytes < low_water_bytes_ + reserve_.missing();
  looked_ = Clock::now();
  return space_;
}

void DiskRoom::RefillNowAndThenLocked() {
  if (reserve_.missing() == 0 || Clock::now() - refilled_ < kRefillPeriod) return;
  reserve_.Refill(low_water_bytes_);
  refilled_ = Clock::now();
}

}  // namespace leasehold
