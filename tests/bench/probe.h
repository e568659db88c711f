#ifndef LEASEHOLD_TESTS_BENCH_PROBE_H_
#define LEASEHOLD_TESTS_BENCH_PROBE_H_

#include <functional>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/load_recorder.h"

namespace leasehold {

// Makes one call after the other on a thread of its own, beside the load of another thread. Its
// figures are those of the calls; CPU is that of the whole process that they go to.
class Probe {
 public:
  // Starts at once. `call` blocks until it is answered and is used by the probe's thread alone.
  Probe(std::function<absl::Status()> call, const LoadWindow& window, pid_t server);
  ~Probe();

  // Waits for the end of the window. The first call that failed, if any.
  absl::StatusOr<LoadFigures> Join();

 private:
  const std::function<absl::Status()> call_;
  LoadRecorder recorder_;
  absl::Status failed_;
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_PROBE_H_
