#ifndef LEASEHOLD_SERVER_METRICS_USE_METRICS_H_
#define LEASEHOLD_SERVER_METRICS_USE_METRICS_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "server/base/reason.h"
#include "server/metrics/handles.h"

namespace prometheus {
template <typename T>
class Family;
}  // namespace prometheus

namespace leasehold {

// leasehold_uses_total and leasehold_decision_duration_seconds of one adapter. Found once per
// adapter, safe from any thread.
class UseMetrics {
 public:
  enum class Decision { kAllowed, kDenied, kUndecided };

  struct Use {
    Decision decision = Decision::kUndecided;
    Reason reason = Reason::kNone;  // kNone where allowed
    // False where a policy that only observes would have denied.
    bool enforced = true;
    // From the request's arrival until its entry was durable.
    absl::Duration took;
  };

  UseMetrics(std::string adapter, prometheus::Family<prometheus::Counter>& uses,
             HistogramHandle seconds);

  // The first use of a kind makes its series; the others only count.
  void Decided(const Use& use);

 private:
  static constexpr size_t kDecisions = 3;
  static constexpr size_t kReasonsMax = 128;

  prometheus::Counter& SeriesOf(Decision decision, Reason reason, bool enforced);

  const std::string adapter_;
  prometheus::Family<prometheus::Counter>& uses_;
  std::array<std::atomic<prometheus::Counter*>, kDecisions* 2 * kReasonsMax> series_ = {};
  HistogramHandle seconds_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_METRICS_USE_METRICS_H_
