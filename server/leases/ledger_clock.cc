#include "server/leases/ledger_clock.h"

#include <algorithm>

namespace leasehold {

LedgerClock::LedgerClock(const Clock& clock, const TimeMark& mark)
    : clock_(clock), boot_id_(clock.BootId()) {
  ClockReading reading = clock.Now();
  int64_t wall = absl::ToUnixMillis(reading.wall);
  int64_t boot = absl::ToInt64Milliseconds(reading.since_boot);
  int64_t marked = absl::ToUnixMillis(mark.now);
  int64_t marked_boot = absl::ToInt64Milliseconds(mark.since_boot);
  if (mark.boot_id == boot_id_ && boot >= marked_boot) {
    offset_ms_ = std::max(marked - marked_boot, wall - boot);
    return;
  }
  if (wall < marked) {
    start_ = Start::kWallBehind;
  }
  offset_ms_ = std::max(marked, wall) - boot;
}

UnixMillis LedgerClock::Now() {
  ClockReading reading = clock_.Now();
  int64_t boot = absl::ToInt64Milliseconds(reading.since_boot);
  int64_t wall_offset = absl::ToUnixMillis(reading.wall) - boot;
  int64_t offset = offset_ms_.load(std::memory_order_relaxed);
  while (wall_offset > offset) {
    if (offset_ms_.compare_exchange_weak(offset, wall_offset, std::memory_order_relaxed)) {
      if (wall_offset - offset >= kStepMinMs) {
        steps_.fetch_add(1, std::memory_order_relaxed);
      }
      offset = wall_offset;
    }
  }
  return UnixMillis(boot + offset);
}

TimeMark LedgerClock::Mark() {
  // The reading comes second: a mark that is too old by the time between the two is harmless.
  UnixMillis now = Now();
  absl::Duration since_boot = clock_.Now().since_boot;
  return {.now = now.ToTime(),
          .boot_id = boot_id_,
          .since_boot = absl::Milliseconds(absl::ToInt64Milliseconds(since_boot))};
}

}  // namespace leasehold
