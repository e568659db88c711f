#ifndef LEASEHOLD_SERVER_METRICS_METRICS_SERVER_H_
#define LEASEHOLD_SERVER_METRICS_METRICS_SERVER_H_

#include <memory>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/metrics/metrics.h"
#include "server/net/socket/socket_address.h"

namespace leasehold {

// Port 8643: GET or HEAD of
//   /metrics   Prometheus' text format
//   /healthz   200 as long as the process answers
//   /readyz    200, or 503 with the sentence why not
// It carries nothing secret and takes no credential, so it may be plain on any address. One thread
// of its own ("lh-metrics"), one request a connection, 32 connections, 8 KiB a request, 5 s each:
// what is beyond is closed or answered with 4xx, and nothing that happens here can slow the server.
class MetricsServer {
 public:
  // `ready` is asked per request on the server's thread and must not block. `metrics`, and what
  // `ready` uses, outlive this. ADDRESS_IN_USE, CONFIG_INVALID or IO as of ListenTcp.
  static absl::StatusOr<std::unique_ptr<MetricsServer>> Start(
      const SocketAddress& listen, Metrics* metrics, absl::AnyInvocable<absl::Status()> ready);
  // Stops.
  ~MetricsServer();

  // With the real port.
  std::string address() const;
  // Returns when the thread has ended; open connections are cut. May be called twice.
  void Stop();

 private:
  class Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_METRICS_METRICS_SERVER_H_
