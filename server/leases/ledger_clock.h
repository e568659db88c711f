#ifndef LEASEHOLD_SERVER_LEASES_LEDGER_CLOCK_H_
#define LEASEHOLD_SERVER_LEASES_LEDGER_CLOCK_H_

#include <atomic>
#include <cstdint>

#include "server/base/clock.h"
#include "server/base/millis.h"
#include "storage/rows.h"

namespace leasehold {

// The ledger's time: max(persisted mark + time since boot since then, wall clock). It never runs
// backwards and no step of the wall clock makes a lease longer; a step forward ends leases early.
// What cannot be seen: a step back while the machine was off that stays above the mark.
// Safe from any thread.
class LedgerClock {
 public:
  // `mark` is the newest one that was persisted.
  LedgerClock(const Clock& clock, const TimeMark& mark);

  // What the mark says about this start.
  enum class Start {
    kContinues,   // same boot, or a new one whose wall clock is past the mark
    kWallBehind,  // a new boot or another machine, and the wall clock is behind the mark: nobody
                  // knows how much time went by, so all outstanding leases must be revoked
  };
  Start start() const { return start_; }

  UnixMillis Now();
  // Now() with what is needed to go on from it after a restart.
  TimeMark Mark();
  // The wall clock as it is, for the record.
  int64_t WallMillis() const { return absl::ToUnixMillis(clock_.Now().wall); }
  // How often the wall clock was seen ahead of the time since boot by more than kStepMin.
  uint64_t steps() const { return steps_.load(std::memory_order_relaxed); }

 private:
  // Slewing by NTP stays far below; a step that matters for leases is above.
  static constexpr int64_t kStepMinMs = 1000;

  const Clock& clock_;
  const std::string boot_id_;
  Start start_ = Start::kContinues;
  // Ledger time minus time since boot, in milliseconds. Only grows.
  std::atomic<int64_t> offset_ms_;
  std::atomic<uint64_t> steps_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_LEDGER_CLOCK_H_
