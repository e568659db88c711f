#include "server/api/revocation_service.h"

#include <utility>

#include "absl/synchronization/notification.h"
#include "server/api/unary_call.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.RevocationService";

const ApiMethod& Method(std::string_view name) { return FindApiMethod(kService, name); }

// The dispatch wrapper of the synchronous kind: `answer(principal, done)` calls `done` now or
// later.
template <typename Response, typename Answer>
grpc::Status Serve(const grpc::ServerContext& context, const Gate& gate, const ApiMethod& method,
                   Response* response, Answer&& answer) {
  absl::Time start = absl::Now();
  absl::StatusOr<Principal> principal = gate.Admit(context, method);
  absl::StatusOr<Response> result = absl::UnknownError("not answered");
  if (!principal.ok()) {
    result = principal.status();
  } else {
    absl::Notification answered;
    std::forward<Answer>(answer)(*principal, [&](absl::StatusOr<Response> given) {
      result = std::move(given);
      answered.Notify();
    });
    answered.WaitForNotification();
  }
  gate.Observe({.method = method,
                .status = result.status(),
                .duration = absl::Now() - start,
                .principal = principal.ok() ? &*principal : nullptr});
  if (result.ok()) {
    *response = *std::move(result);
  }
  return ToGrpcStatus(result.status());
}

}  // namespace

RevocationService::RevocationService(RevocationMethods& methods, const Gate& gate)
    : methods_(methods), gate_(gate) {}

grpc::ServerUnaryReactor* RevocationService::Revoke(grpc::CallbackServerContext* context,
                                                    const v1::RevokeRequest* request,
                                                    v1::Revocation* response) {
  return Dispatch<v1::Revocation>(context, response, gate_, Method("Revoke"), [&](auto call) {
    methods_.Revoke(call->principal(), *request, [call](absl::StatusOr<v1::Revocation> result) {
      call->Finish(std::move(result));
    });
  });
}

grpc::ServerUnaryReactor* RevocationService::GetRevocation(grpc::CallbackServerContext* context,
                                                           const v1::GetRevocationRequest* request,
                                                           v1::Revocation* response) {
  return DispatchRead<v1::Revocation>(
      context, response, gate_, Method("GetRevocation"),
      [&](const Principal&) { return methods_.GetRevocation(*request); });
}

grpc::ServerUnaryReactor* RevocationService::Resume(grpc::CallbackServerContext* context,
                                                    const v1::ResumeRequest* request,
                                                    v1::ResumeResponse* response) {
  return Dispatch<v1::ResumeResponse>(context, response, gate_, Method("Resume"), [&](auto call) {
    methods_.Resume(call->principal(), *request, [call](absl::StatusOr<v1::ResumeResponse> result) {
      call->Finish(std::move(result));
    });
  });
}

grpc::ServerUnaryReactor* RevocationService::ListHolds(grpc::CallbackServerContext* context,
                                                       const v1::ListHoldsRequest* request,
                                                       v1::ListHoldsResponse* response) {
  return DispatchRead<v1::ListHoldsResponse>(
      context, response, gate_, Method("ListHolds"),
      [&](const Principal&) { return methods_.ListHolds(*request); });
}

DedicatedRevocationService::DedicatedRevocationService(RevocationMethods& methods, const Gate& gate)
    : methods_(methods), gate_(gate) {}

grpc::Status DedicatedRevocationService::Revoke(grpc::ServerContext* context,
                                                const v1::RevokeRequest* request,
                                                v1::Revocation* response) {
  return Serve(*context, gate_, Method("Revoke"), response,
               [&](const Principal& principal, auto done) {
                 methods_.Revoke(principal, *request, std::move(done));
               });
}

grpc::Status DedicatedRevocationService::GetRevocation(grpc::ServerContext* context,
                                                       const v1::GetRevocationRequest* request,
                                                       v1::Revocation* response) {
  return Serve(*context, gate_, Method("GetRevocation"), response,
               [&](const Principal&, auto done) { done(methods_.GetRevocation(*request)); });
}

grpc::Status DedicatedRevocationService::Resume(grpc::ServerContext* context,
                                                const v1::ResumeRequest* request,
                                                v1::ResumeResponse* response) {
  return Serve(*context, gate_, Method("Resume"), response,
               [&](const Principal& principal, auto done) {
                 methods_.Resume(principal, *request, std::move(done));
               });
}

grpc::Status DedicatedRevocationService::ListHolds(grpc::ServerContext* context,
                                                   const v1::ListHoldsRequest* request,
                                                   v1::ListHoldsResponse* response) {
  return Serve(*context, gate_, Method("ListHolds"), response,
               [&](const Principal&, auto done) { done(methods_.ListHolds(*request)); });
}

}  // namespace leasehold
