#ifndef LEASEHOLD_SERVER_METRICS_METHOD_METRICS_H_
#define LEASEHOLD_SERVER_METRICS_METHOD_METRICS_H_

#include <array>
#include <atomic>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/metrics/handles.h"

namespace prometheus {
template <typename T>
class Family;
}  // namespace prometheus

namespace leasehold {

// grpc_server_handled_total and grpc_server_handling_seconds of one method, as the gRPC
// community's dashboards expect them. Found once per method, safe from any thread.
class MethodMetrics {
 public:
  MethodMetrics(std::string service, std::string method,
                prometheus::Family<prometheus::Counter>& handled, HistogramHandle seconds);

  // A call has ended with `code`, `took` after it came in. The first call with a code makes its
  // series; the others only count.
  void Handled(absl::StatusCode code, absl::Duration took);

 private:
  static constexpr size_t kCodes = 17;

  const std::string service_;
  const std::string method_;
  prometheus::Family<prometheus::Counter>& handled_;
  std::array<std::atomic<prometheus::Counter*>, kCodes> by_code_ = {};
  HistogramHandle seconds_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_METRICS_METHOD_METRICS_H_
