#include "server/api/health_service.h"

#include <algorithm>

#include "server/api/method_table.h"

namespace leasehold {

grpc::Status HealthService::Check(grpc::ServerContext*,
                                  const grpc::health::v1::HealthCheckRequest* request,
                                  grpc::health::v1::HealthCheckResponse* response) {
  using Response = grpc::health::v1::HealthCheckResponse;
  const auto methods = AllApiMethods();
  const bool known = request->service().empty() ||
                     std::any_of(methods.begin(), methods.end(), [&](const ApiMethod& method) {
                       return method.service == request->service();
                     });
  if (!known) {
    return {grpc::StatusCode::NOT_FOUND, "this server has no such service"};
  }
  response->set_status(ready_().ok() ? Response::SERVING : Response::NOT_SERVING);
  return grpc::Status::OK;
}

}  // namespace leasehold
