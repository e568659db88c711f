#include "tests/bench/probe.h"

#include <utility>

namespace leasehold {

Probe::Probe(std::function<absl::Status()> call, const LoadWindow& window, pid_t server)
    : call_(std::move(call)), recorder_(window, server) {
  thread_ = std::thread([this] {
    for (bool more = true; more && failed_.ok();) {
      const LoadRecorder::Clock::time_point start = LoadRecorder::Clock::now();
      failed_ = call_();
      more = recorder_.Ended(start, LoadRecorder::Clock::now());
    }
  });
}

Probe::~Probe() {
  if (thread_.joinable()) thread_.join();
}

absl::StatusOr<LoadFigures> Probe::Join() {
  thread_.join();
  if (!failed_.ok()) return failed_;
  return recorder_.Figures();
}

}  // namespace leasehold
