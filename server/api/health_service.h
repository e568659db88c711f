#ifndef LEASEHOLD_SERVER_API_HEALTH_SERVICE_H_
#define LEASEHOLD_SERVER_API_HEALTH_SERVICE_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace leasehold {

// gRPC's health protocol. Not the service that comes with gRPC: that is of the callback kind, whose
// threads would poll the sockets beside the hot thread (docs/decisions/0016).
class HealthService final : public grpc::health::v1::Health::Service {
 public:
  // `ready` says whether leases and uses are served; it is called on any thread.
  explicit HealthService(std::function<absl::Status()> ready) : ready_(std::move(ready)) {}

  grpc::Status Check(grpc::ServerContext* context,
                     const grpc::health::v1::HealthCheckRequest* request,
                     grpc::health::v1::HealthCheckResponse* response) override;

 private:
  const std::function<absl::Status()> ready_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_HEALTH_SERVICE_H_
