#include "server/api/revocation_service.h"

#include <utility>

#include "server/api/unary_call.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.RevocationService";

const ApiMethod& Method(std::string_view name) { return FindApiMethod(kService, name); }

}  // namespace

RevocationService::RevocationService(RevocationMethods& methods, const Gate& gate)
    : methods_(methods), gate_(gate) {}

grpc::Status RevocationService::Revoke(grpc::ServerContext* context,
                                       const v1::RevokeRequest* request, v1::Revocation* response) {
  return Dispatch<v1::Revocation>(context, response, gate_, Method("Revoke"), [&](auto call) {
    methods_.Revoke(call->principal(), *request, [call](absl::StatusOr<v1::Revocation> result) {
      call->Finish(std::move(result));
    });
  });
}

grpc::Status RevocationService::GetRevocation(grpc::ServerContext* context,
                                              const v1::GetRevocationRequest* request,
                                              v1::Revocation* response) {
  return DispatchRead<v1::Revocation>(
      context, response, gate_, Method("GetRevocation"),
      [&](const Principal&) { return methods_.GetRevocation(*request); });
}

grpc::Status RevocationService::Resume(grpc::ServerContext* context,
                                       const v1::ResumeRequest* request,
                                       v1::ResumeResponse* response) {
  return Dispatch<v1::ResumeResponse>(context, response, gate_, Method("Resume"), [&](auto call) {
    methods_.Resume(call->principal(), *request, [call](absl::StatusOr<v1::ResumeResponse> result) {
      call->Finish(std::move(result));
    });
  });
}

grpc::Status RevocationService::ListHolds(grpc::ServerContext* context,
                                          const v1::ListHoldsRequest* request,
                                          v1::ListHoldsResponse* response) {
  return DispatchRead<v1::ListHoldsResponse>(
      context, response, gate_, Method("ListHolds"),
      [&](const Principal&) { return methods_.ListHolds(*request); });
}

}  // namespace leasehold
