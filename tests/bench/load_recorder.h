#ifndef LEASEHOLD_TESTS_BENCH_LOAD_RECORDER_H_
#define LEASEHOLD_TESTS_BENCH_LOAD_RECORDER_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "absl/time/time.h"

namespace leasehold {

// How long a load runs before it counts, and how long it counts.
struct LoadWindow {
  absl::Duration warm_up;
  absl::Duration measured;
};

// What a load came to within its window.
struct LoadFigures {
  uint64_t calls = 0;
  double per_second = 0;
  double p50_us = 0;
  double p99_us = 0;
  // CPU time of the server's process, all its threads: in the window, and for each call.
  double cpu_seconds = 0;
  double cpu_us = 0;
};

// CPU time that a process has used so far, all its threads; its own clock, finer than the ticks of
// /proc. Stops the program where there is no such process.
absl::Duration ProcessCpu(pid_t pid);

// Notes calls as they end. The window starts when this is made. Used by one thread.
class LoadRecorder {
 public:
  using Clock = std::chrono::steady_clock;

  LoadRecorder(const LoadWindow& window, pid_t server);

  // A call that was started at `start` has ended `now`. False once the window is over: no more
  // calls are to be started.
  bool Ended(Clock::time_point start, Clock::time_point now);

  // After Ended gave false.
  LoadFigures Figures() const;

 private:
  enum class Stage { kWarmUp, kMeasuring, kOver };

  const pid_t server_;
  const Clock::time_point measure_from_;
  const Clock::time_point measure_to_;
  Stage stage_ = Stage::kWarmUp;
  Clock::time_point first_;
  Clock::time_point last_;
  absl::Duration cpu_first_;
  absl::Duration cpu_last_;
  std::vector<double> latencies_us_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_LOAD_RECORDER_H_
