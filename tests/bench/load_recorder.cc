#include "tests/bench/load_recorder.h"

#include <ctime>

#include "server/base/check.h"
#include "tests/bench/statistics.h"

namespace leasehold {
namespace {

double Micros(LoadRecorder::Clock::duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

}  // namespace

absl::Duration ProcessCpu(pid_t pid) {
  clockid_t clock{};
  timespec time{};
  LEASEHOLD_CHECK(clock_getcpuclockid(pid, &clock) == 0 && clock_gettime(clock, &time) == 0,
                  "a server that is measured has ended");
  return absl::DurationFromTimespec(time);
}

LoadRecorder::LoadRecorder(const LoadWindow& window, pid_t server)
    : server_(server),
      measure_from_(Clock::now() + absl::ToChronoNanoseconds(window.warm_up)),
      measure_to_(measure_from_ + absl::ToChronoNanoseconds(window.measured)) {}

bool LoadRecorder::Ended(Clock::time_point start, Clock::time_point now) {
  switch (stage_) {
    case Stage::kWarmUp:
      if (now >= measure_from_) {
        // This call belongs to the time before; it only starts the watch.
        stage_ = Stage::kMeasuring;
        first_ = now;
        cpu_first_ = ProcessCpu(server_);
      }
      return true;
    case Stage::kMeasuring:
      latencies_us_.push_back(Micros(now - start));
      if (now >= measure_to_) {
        stage_ = Stage::kOver;
        last_ = now;
        cpu_last_ = ProcessCpu(server_);
      }
      return stage_ == Stage::kMeasuring;
    case Stage::kOver:
      return false;
  }
  return false;
}

LoadFigures LoadRecorder::Figures() const {
  LEASEHOLD_CHECK(stage_ == Stage::kOver, "the window is not over");
  LoadFigures figures;
  figures.calls = latencies_us_.size();
  figures.per_second = static_cast<double>(figures.calls) / (Micros(last_ - first_) / 1e6);
  figures.p50_us = Percentile(latencies_us_, 0.50);
  figures.p99_us = Percentile(latencies_us_, 0.99);
  figures.cpu_seconds = absl::ToDoubleSeconds(cpu_last_ - cpu_first_);
  figures.cpu_us = figures.cpu_seconds * 1e6 / static_cast<double>(figures.calls);
  return figures;
}

}  // namespace leasehold
