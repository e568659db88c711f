#include "server/api/revocation_endpoint.h"

#include <grpcpp/support/status.h>

#include <memory>
#include <utility>

#include "absl/time/clock.h"
#include "server/api/status_mapping.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.RevocationService";

UnaryAnswer AnswerOf(const grpc::Status& status) {
  return {.code = static_cast<int>(status.error_code()),
          .text = status.error_message(),
          .details = status.error_details(),
          .message = {}};
}

template <typename Request>
absl::StatusOr<Request> Parse(const std::string& message) {
  Request request;
  if (!request.ParseFromString(message)) {
    return Error(Reason::kInvalidArgument, "the message is not one of this method");
  }
  return request;
}

// What ends `call`, when it is called.
template <typename Response, typename Call>
RevocationMethods::Done<Response> FinishOf(std::shared_ptr<Call> call) {
  return [call = std::move(call)](const absl::StatusOr<Response>& response) {
    call->Finish(response);
  };
}

// Runs `read(request)`, which gives a StatusOr<Response>, on `reads` and ends `call` with it.
template <typename Request, typename Call, typename Read>
void ReadLater(ReadPool& reads, const std::shared_ptr<Call>& call, const std::string& message,
               Read read) {
  absl::StatusOr<Request> request = Parse<Request>(message);
  absl::Status accepted = request.status();
  if (accepted.ok()) {
    accepted = reads.Submit([call, request = *std::move(request), read = std::move(read)] {
      call->Finish(read(request));
    });
  }
  if (!accepted.ok()) {
    call->Finish(accepted);
  }
}

}  // namespace

// One call. Finish is called once, on any thread.
class RevocationEndpoint::Call {
 public:
  Call(const Gate& gate, const ApiMethod& method, UnaryReply reply)
      : gate_(gate), method_(method), reply_(std::move(reply)) {}

  const Principal& principal() const { return principal_; }

  absl::Status Admit(const UnaryRequest& request) {
    ASSIGN_OR_RETURN(principal_, gate_.Admit(request.connection, request.authorization, method_));
    admitted_ = true;
    return absl::OkStatus();
  }

  template <typename Response>
  void Finish(const absl::StatusOr<Response>& response) {
    Observe(response.status());
    if (response.ok()) {
      reply_.Finish(
          {.code = 0, .text = {}, .details = {}, .message = response->SerializeAsString()});
    } else {
      reply_.Finish(AnswerOf(ToGrpcStatus(response.status())));
    }
  }
  void Finish(const absl::Status& error) {
    Observe(error);
    reply_.Finish(AnswerOf(ToGrpcStatus(error)));
  }

 private:
  void Observe(const absl::Status& status) const {
    gate_.Observe({.method = method_,
                   .status = status,
                   .duration = absl::Now() - start_,
                   .principal = admitted_ ? &principal_ : nullptr});
  }

  const Gate& gate_;
  const ApiMethod& method_;
  const absl::Time start_ = absl::Now();
  Principal principal_;
  bool admitted_ = false;
  UnaryReply reply_;
};

const RevocationEndpoint::Row RevocationEndpoint::kRows[] = {
    {"Revoke", &RevocationEndpoint::Revoke},
    {"Resume", &RevocationEndpoint::Resume},
    {"GetRevocation", &RevocationEndpoint::GetRevocation},
    {"ListHolds", &RevocationEndpoint::ListHolds},
};

void RevocationEndpoint::Handle(const UnaryRequest& request, UnaryReply reply) {
  for (const Row& row : kRows) {
    if (request.path != StrCat("/", kService, "/", row.method)) {
      continue;
    }
    auto call =
        std::make_shared<Call>(gate_, FindApiMethod(kService, row.method), std::move(reply));
    if (absl::Status admitted = call->Admit(request); !admitted.ok()) {
      call->Finish(admitted);
    } else {
      (this->*row.serve)(call, request.message);
    }
    return;
  }
  reply.Finish(AnswerOf({grpc::StatusCode::UNIMPLEMENTED,
                         "only RevocationService is served at this socket; use admin.sock"}));
}

void RevocationEndpoint::Revoke(const std::shared_ptr<Call>& call, const std::string& message) {
  absl::StatusOr<v1::RevokeRequest> request = Parse<v1::RevokeRequest>(message);
  if (!request.ok()) {
    call->Finish(request.status());
    return;
  }
  if (!request->dry_run()) {
    methods_.Revoke(call->principal(), *request, FinishOf<v1::Revocation>(call));
    return;
  }
  // It counts leases and changes nothing.
  absl::Status accepted = reads_.Submit([this, call, request = *std::move(request)] {
    methods_.Revoke(call->principal(), request, FinishOf<v1::Revocation>(call));
  });
  if (!accepted.ok()) {
    call->Finish(accepted);
  }
}

void RevocationEndpoint::Resume(const std::shared_ptr<Call>& call, const std::string& message) {
  absl::StatusOr<v1::ResumeRequest> request = Parse<v1::ResumeRequest>(message);
  if (request.ok()) {
    methods_.Resume(call->principal(), *request, FinishOf<v1::ResumeResponse>(call));
  } else {
    call->Finish(request.status());
  }
}

void RevocationEndpoint::GetRevocation(const std::shared_ptr<Call>& call,
                                       const std::string& message) {
  ReadLater<v1::GetRevocationRequest>(reads_, call, message, [this](const auto& request) {
    return methods_.GetRevocation(request);
  });
}

void RevocationEndpoint::ListHolds(const std::shared_ptr<Call>& call, const std::string& message) {
  ReadLater<v1::ListHoldsRequest>(
      reads_, call, message, [this](const auto& request) { return methods_.ListHolds(request); });
}

}  // namespace leasehold
