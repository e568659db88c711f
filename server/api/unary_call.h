#ifndef LEASEHOLD_SERVER_API_UNARY_CALL_H_
#define LEASEHOLD_SERVER_API_UNARY_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/synchronization/notification.h"
#include "server/api/gate.h"
#include "server/api/status_mapping.h"

namespace leasehold {

// One unary call of the synchronous API, as its handler sees it. gRPC gives each such call a thread
// of its own, and Dispatch keeps that thread waiting until Finish was called. Finish is called
// once, by any thread: the handler itself, the Committer's, or a pool's. A call that is dropped
// without it ends with INTERNAL, so none can hang.
//
// Until Finish the request and the context live; after it nothing of the call may be touched.
template <typename Response>
class UnaryCall {
 public:
  // Where Dispatch waits.
  struct Outcome {
    Response* response;
    absl::Status status;
    absl::Notification known;
  };

  UnaryCall(Outcome* outcome, Principal principal)
      : outcome_(outcome), principal_(std::move(principal)) {}
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;
  ~UnaryCall() {
    if (outcome_ != nullptr) {
      Finish(absl::InternalError("a call was dropped"));
    }
  }

  const Principal& principal() const { return principal_; }

  // Ends the call with `response` or an error.
  void Finish(absl::StatusOr<Response> response) {
    if (response.ok()) {
      *outcome_->response = *std::move(response);
    }
    Finish(response.status());
  }
  void Finish(const absl::Status& status) {
    Outcome* outcome = std::exchange(outcome_, nullptr);
    outcome->status = status;
    outcome->known.Notify();
  }

 private:
  Outcome* outcome_;
  const Principal principal_;
};

// The one dispatch wrapper of the synchronous API: a slot among the calls that hold a thread,
// authenticate, authorise, then `handle(call)`, which validates and answers by call->Finish, now or
// later; `call` is a std::shared_ptr<UnaryCall<Response>>. Returns when that has happened.
//
//   return Dispatch<v1::Secret>(context, response, gate_, method, [&](auto call) { ... });
template <typename Response, typename Handle>
grpc::Status Dispatch(grpc::ServerContext* context, Response* response, const Gate& gate,
                      const ApiMethod& method, Handle&& handle) {
  return gate.Pass(*context, method, [&](const Principal& principal) {
    typename UnaryCall<Response>::Outcome outcome{.response = response, .status = {}, .known = {}};
    std::forward<Handle>(handle)(std::make_shared<UnaryCall<Response>>(&outcome, principal));
    outcome.known.WaitForNotification();
    return outcome.status;
  });
}

// Dispatch for methods that answer from published state at once: `answer(principal)` gives a
// StatusOr<Response>.
template <typename Response, typename Answer>
grpc::Status DispatchRead(grpc::ServerContext* context, Response* response, const Gate& gate,
                          const ApiMethod& method, Answer&& answer) {
  return gate.Pass(*context, method, [&](const Principal& principal) {
    absl::StatusOr<Response> result = answer(principal);
    if (result.ok()) {
      *response = *std::move(result);
    }
    return result.status();
  });
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_UNARY_CALL_H_
