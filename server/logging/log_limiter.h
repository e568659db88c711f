#ifndef LEASEHOLD_SERVER_LOGGING_LOG_LIMITER_H_
#define LEASEHOLD_SERVER_LOGGING_LOG_LIMITER_H_

#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace leasehold {

// Keeps a warning that strangers can cause from filling the log: one in `every`, the others are
// counted and named with the next.
//
//   static LogLimiter limiter(absl::Seconds(10));
//   if (const auto left_out = limiter.Admit()) {
//     LogWarning("a connection was refused", {{"left_out", *left_out}});
//   }
//
// Safe from any thread.
class LogLimiter {
 public:
  explicit LogLimiter(absl::Duration every) : every_(every) {}

  // How many were left out since the last one that was admitted, or nullopt: leave this one out.
  std::optional<uint64_t> Admit();
  // The same at a given time of a clock that never goes back, counted from any zero.
  std::optional<uint64_t> AdmitAt(absl::Duration now);

 private:
  const absl::Duration every_;
  absl::Mutex mu_;
  std::optional<absl::Duration> last_ ABSL_GUARDED_BY(mu_);
  uint64_t left_out_ ABSL_GUARDED_BY(mu_) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LOGGING_LOG_LIMITER_H_
