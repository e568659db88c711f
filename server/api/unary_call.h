#ifndef LEASEHOLD_SERVER_API_UNARY_CALL_H_
#define LEASEHOLD_SERVER_API_UNARY_CALL_H_

#include <grpcpp/server_context.h>
#include <grpcpp/support/server_callback.h>

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "server/api/gate.h"
#include "server/api/status_mapping.h"

namespace leasehold {

// One unary call of the callback API, from the gate to its end. Finish is called exactly once, on
// any thread; a call that is dropped without it ends with INTERNAL, so none can hang.
template <typename Response>
class UnaryCall {
 public:
  UnaryCall(grpc::CallbackServerContext* context, Response* response, const Gate& gate,
            const ApiMethod& method)
      : reactor_(context->DefaultReactor()), response_(response), gate_(gate), method_(method) {}
  UnaryCall(const UnaryCall&) = delete;
  UnaryCall& operator=(const UnaryCall&) = delete;
  ~UnaryCall() {
    if (reactor_ != nullptr) {
      Finish(absl::InternalError("a call was dropped"));
    }
  }

  const Principal& principal() const { return principal_; }
  grpc::ServerUnaryReactor* reactor() const { return reactor_; }
  void set_principal(Principal principal) {
    principal_ = std::move(principal);
    authenticated_ = true;
  }

  // Ends the call with `response` or an error. gRPC may free everything of the call at once.
  void Finish(absl::StatusOr<Response> response) {
    if (response.ok()) {
      *response_ = *std::move(response);
    }
    Finish(response.status());
  }
  void Finish(const absl::Status& status) {
    gate_.Observe({.method = method_,
                   .status = status,
                   .duration = absl::Now() - start_,
                   .principal = authenticated_ ? &principal_ : nullptr});
    std::exchange(reactor_, nullptr)->Finish(ToGrpcStatus(status));
  }

 private:
  grpc::ServerUnaryReactor* reactor_;
  Response* const response_;
  const Gate& gate_;
  const ApiMethod& method_;
  const absl::Time start_ = absl::Now();
  Principal principal_;
  bool authenticated_ = false;
};

// The one dispatch wrapper of the callback API: authenticate, authorise, then `handle(call)`, which
// validates and answers by call->Finish, now or later.
//
//   return Dispatch<Secret>(context, response, gate_, kCreateSecret, [&](auto call) { ... });
template <typename Response, typename Handle>
grpc::ServerUnaryReactor* Dispatch(grpc::CallbackServerContext* context, Response* response,
                                   const Gate& gate, const ApiMethod& method, Handle&& handle) {
  auto call = std::make_shared<UnaryCall<Response>>(context, response, gate, method);
  grpc::ServerUnaryReactor* reactor = call->reactor();
  absl::StatusOr<Principal> principal = gate.Admit(*context, method);
  if (!principal.ok()) {
    call->Finish(principal.status());
    return reactor;
  }
  call->set_principal(*std::move(principal));
  std::forward<Handle>(handle)(std::move(call));
  return reactor;
}

// Dispatch for methods that answer from published state at once: `answer(principal)` gives a
// StatusOr<Response>.
template <typename Response, typename Answer>
grpc::ServerUnaryReactor* DispatchRead(grpc::CallbackServerContext* context, Response* response,
                                       const Gate& gate, const ApiMethod& method, Answer&& answer) {
  return Dispatch<Response>(
      context, response, gate, method,
      [&](std::shared_ptr<UnaryCall<Response>> call) { call->Finish(answer(call->principal())); });
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_UNARY_CALL_H_
