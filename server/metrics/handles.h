#ifndef LEASEHOLD_SERVER_METRICS_HANDLES_H_
#define LEASEHOLD_SERVER_METRICS_HANDLES_H_

#include "absl/time/time.h"

namespace prometheus {
class Counter;
class Histogram;
}  // namespace prometheus

namespace leasehold {

// One series, found once when the server starts, so that counting needs no look-up. Cheap to copy,
// safe from any thread, valid as long as the Metrics that it came from.
class CounterHandle {
 public:
  explicit CounterHandle(prometheus::Counter& counter) : counter_(&counter) {}
  void Increment(double by = 1) const;

 private:
  prometheus::Counter* counter_;
};

class HistogramHandle {
 public:
  explicit HistogramHandle(prometheus::Histogram& histogram) : histogram_(&histogram) {}
  void Observe(double value) const;
  // In seconds.
  void Observe(absl::Duration duration) const { Observe(absl::ToDoubleSeconds(duration)); }

 private:
  prometheus::Histogram* histogram_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_METRICS_HANDLES_H_
