#ifndef LEASEHOLD_SERVER_BASE_CLOCK_H_
#define LEASEHOLD_SERVER_BASE_CLOCK_H_

#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace leasehold {

// One look at the machine's two clocks.
struct ClockReading {
  absl::Time wall;
  // CLOCK_BOOTTIME: time since boot, suspends included; nobody can set it.
  absl::Duration since_boot;
};

// The seam between the server and the machine's clocks. Safe from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual ClockReading Now() const = 0;
  // The kernel's random id of this boot; two readings are comparable only within one.
  virtual std::string BootId() const = 0;
};

// CLOCK_REALTIME, CLOCK_BOOTTIME and /proc/sys/kernel/random/boot_id. Where the boot id cannot be
// read, each process has a random one: every start then counts as a new boot.
class SystemClock final : public Clock {
 public:
  ClockReading Now() const override;
  std::string BootId() const override;
};

// A clock that moves when it is told to, for tests and simulations.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(absl::Time wall, std::string boot_id = "boot-1");
  ClockReading Now() const override;
  std::string BootId() const override;

  // Real time passes: both clocks move. `by` is not negative.
  void Advance(absl::Duration by);
  // Somebody sets the wall clock.
  void StepWall(absl::Duration by);
  // A reboot: a new boot id, since_boot from zero. The wall clock stays where it is.
  void Reboot(std::string boot_id);

 private:
  mutable absl::Mutex mu_;
  absl::Time wall_ ABSL_GUARDED_BY(mu_);
  absl::Duration since_boot_ ABSL_GUARDED_BY(mu_);
  std::string boot_id_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_CLOCK_H_
