#ifndef LEASEHOLD_SERVER_API_HOT_HOT_CALL_H_
#define LEASEHOLD_SERVER_API_HOT_HOT_CALL_H_

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/api/gate.h"
#include "server/api/status_mapping.h"
#include "server/leases/committer/operation.h"

namespace leasehold {

// Something that waits in the completion queue.
class HotTag {
 public:
  virtual ~HotTag() = default;
  // What it waited for happened (`ok`) or will not. What is to be committed goes into `batch`.
  virtual void Proceed(bool ok, std::vector<std::unique_ptr<Operation>>& batch) = 0;
};

// One unary call of the completion-queue API, from waiting for it to its end. A call frees itself.
// Everything runs on the queue's one thread: it receives, commits and answers, because handing a
// call from thread to thread costs more than committing it (docs/decisions).
template <typename Request, typename Response>
class HotCall final : public HotTag {
 public:
  // What is needed to wait for the next call and to handle one. Outlives all calls.
  struct Method {
    const ApiMethod& api;
    const Gate& gate;
    // Asks gRPC for the next call.
    std::function<void(grpc::ServerContext*, Request*, grpc::ServerAsyncResponseWriter<Response>*,
                       void* tag)>
        request;
    // Validates and gives what is to be committed; or calls call->Finish and gives nullptr. The
    // operation ends in call->Finish as well.
    std::function<std::unique_ptr<Operation>(HotCall* call)> handle;
  };

  // Waits for the next call.
  static void Await(const Method& method) {
    auto* call = new HotCall(method);
    method.request(&call->context_, &call->request_, &call->writer_, call);
  }

  const Request& request() const { return request_; }
  const Principal& principal() const { return *principal_; }

  // Ends the call; once.
  void Finish(const absl::StatusOr<Response>& response) {
    method_.gate.Observe({.method = method_.api,
                          .status = response.status(),
                          .duration = absl::Now() - start_,
                          .principal = principal_.ok() ? &*principal_ : nullptr});
    if (response.ok()) {
      writer_.Finish(*response, grpc::Status::OK, this);
    } else {
      writer_.FinishWithError(ToGrpcStatus(response.status()), this);
    }
  }

  void Proceed(bool ok, std::vector<std::unique_ptr<Operation>>& batch) override {
    if (received_ || !ok) {
      delete this;  // answered, or the server is shutting down
      return;
    }
    received_ = true;
    start_ = absl::Now();
    Await(method_);
    principal_ = method_.gate.Admit(context_, method_.api);
    if (!principal_.ok()) {
      Finish(principal_.status());
      return;
    }
    if (std::unique_ptr<Operation> operation = method_.handle(this)) {
      batch.push_back(std::move(operation));
    }
  }

 private:
  explicit HotCall(const Method& method) : method_(method), writer_(&context_) {}

  const Method& method_;
  grpc::ServerContext context_;
  Request request_;
  grpc::ServerAsyncResponseWriter<Response> writer_;
  bool received_ = false;
  absl::Time start_;
  absl::StatusOr<Principal> principal_ = absl::UnknownError("not authenticated yet");
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_HOT_HOT_CALL_H_
