#include "server/base/clock.h"

#include <time.h>

#include <cstdint>
#include <fstream>
#include <string>
#include <utility>

#include "server/base/check.h"
#include "server/base/crypto_bytes.h"

namespace leasehold {
namespace {

timespec Read(clockid_t id) {
  timespec t{};
  LEASEHOLD_CHECK(clock_gettime(id, &t) == 0, "the kernel has no such clock");
  return t;
}

std::string ReadBootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  if (!id.empty()) return id;
  // Without /proc nothing says whether this is still the same boot. An id of our own is then the
  // safe answer: it makes every start look like a new boot, which can only shorten leases.
  uint8_t random[16];
  RandomBytes(random);
  return "unknown-" + HexEncode(random);
}

}  // namespace

ClockReading SystemClock::Now() const {
  return {absl::TimeFromTimespec(Read(CLOCK_REALTIME)),
          absl::DurationFromTimespec(Read(CLOCK_BOOTTIME))};
}

std::string SystemClock::BootId() const {
  // Once a process: the kernel's id cannot change under us, and the fallback must not.
  static const std::string* const id = new std::string(ReadBootId());
  return *id;
}

ManualClock::ManualClock(absl::Time wall, std::string boot_id)
    : wall_(wall), since_boot_(absl::ZeroDuration()), boot_id_(std::move(boot_id)) {}

ClockReading ManualClock::Now() const {
  absl::MutexLock lock(&mu_);
  return {wall_, since_boot_};
}

std::string ManualClock::BootId() const {
  absl::MutexLock lock(&mu_);
  return boot_id_;
}

void ManualClock::Advance(absl::Duration by) {
  LEASEHOLD_CHECK(by >= absl::ZeroDuration(), "real time does not run backwards; use StepWall");
  absl::MutexLock lock(&mu_);
  wall_ += by;
  since_boot_ += by;
}

void ManualClock::StepWall(absl::Duration by) {
  absl::MutexLock lock(&mu_);
  wall_ += by;
}

void ManualClock::Reboot(std::string boot_id) {
  absl::MutexLock lock(&mu_);
  boot_id_ = std::move(boot_id);
  since_boot_ = absl::ZeroDuration();
}

}  // namespace leasehold
