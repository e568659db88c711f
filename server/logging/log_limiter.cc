#include "server/logging/log_limiter.h"

#include <chrono>

namespace leasehold {

std::optional<uint64_t> LogLimiter::Admit() {
  return AdmitAt(absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch()));
}

std::optional<uint64_t> LogLimiter::AdmitAt(absl::Duration now) {
  absl::MutexLock lock(&mu_);
  if (last_.has_value() && now - *last_ < every_) {
    ++left_out_;
    return std::nullopt;
  }
  last_ = now;
  const uint64_t left_out = left_out_;
  left_out_ = 0;
  return left_out;
}

}  // namespace leasehold
