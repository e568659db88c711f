#ifndef LEASEHOLD_TESTS_BENCH_CALL_LOAD_H_
#define LEASEHOLD_TESTS_BENCH_CALL_LOAD_H_

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/bench/load_recorder.h"

namespace leasehold {

// A request, and the credential that goes with it; without one none is sent.
template <typename Request>
struct LoadedCall {
  std::string bearer;
  Request request;
};

// How a method of a generated stub is started: &v1::UseService::Stub::AsyncAuthorizeUse.
template <typename Stub, typename Request, typename Response>
using AsyncMethod = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> (Stub::*)(
    grpc::ClientContext*, const Request&, grpc::CompletionQueue*);

// Keeps a number of calls in flight, spread over `stubs`: one thread that polls one completion
// queue and starts a call for each that ends. Run may be called once.
template <typename Stub, typename Request, typename Response>
class CallLoad {
 public:
  using Method = AsyncMethod<Stub, Request, Response>;

  // The k-th call in flight always sends calls[k % calls.size()]. `is_good` looks at each answer.
  CallLoad(std::vector<Stub*> stubs, Method method, std::vector<LoadedCall<Request>> calls,
           bool (*is_good)(const Response&))
      : stubs_(std::move(stubs)), method_(method), calls_(std::move(calls)), is_good_(is_good) {}

  // The first call that fails, or whose answer is not good, ends the load with its error.
  absl::StatusOr<LoadFigures> Run(size_t in_flight, const LoadWindow& window, pid_t server) {
    LoadRecorder recorder(window, server);
    std::vector<Slot> slots(in_flight);
    for (size_t i = 0; i < in_flight; ++i) {
      slots[i].stub = stubs_[i % stubs_.size()];
      slots[i].call = &calls_[i % calls_.size()];
      Start(slots[i]);
    }
    absl::Status failed;
    for (size_t left = in_flight; left > 0;) {
      void* tag = nullptr;
      bool ok = false;
      // A deadline of each call would be a timer of each call, also in the server.
      if (queue_.AsyncNext(&tag, &ok, std::chrono::system_clock::now() + kSilenceMax) !=
          grpc::CompletionQueue::GOT_EVENT) {
        LEASEHOLD_CHECK(false, "a server that is measured does not answer");
      }
      Slot& slot = *static_cast<Slot*>(tag);
      if (absl::Status status = StatusOf(slot); !status.ok()) failed.Update(status);
      if (recorder.Ended(slot.started, LoadRecorder::Clock::now()) && failed.ok()) {
        Start(slot);
      } else {
        --left;
      }
    }
    if (!failed.ok()) return failed;
    return recorder.Figures();
  }

 private:
  // Longer than any server takes that is alive, under a sanitizer too.
  static constexpr std::chrono::seconds kSilenceMax{60};

  struct Slot {
    Stub* stub = nullptr;
    const LoadedCall<Request>* call = nullptr;
    std::optional<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<Response>> reader;
    Response response;
    grpc::Status status;
    LoadRecorder::Clock::time_point started;
  };

  void Start(Slot& slot) {
    slot.reader.reset();
    slot.context.emplace();
    if (!slot.call->bearer.empty()) {
      slot.context->AddMetadata("authorization", slot.call->bearer);
    }
    slot.started = LoadRecorder::Clock::now();
    slot.reader = (slot.stub->*method_)(&*slot.context, slot.call->request, &queue_);
    slot.reader->Finish(&slot.response, &slot.status, &slot);
  }

  absl::Status StatusOf(const Slot& slot) const {
    if (!slot.status.ok()) {
      return Error(Reason::kInternal,
                   StrCat("a call under load failed: ", slot.status.error_message()));
    }
    if (!is_good_(slot.response)) {
      return Error(Reason::kInternal, "a call under load was answered with a refusal");
    }
    return absl::OkStatus();
  }

  const std::vector<Stub*> stubs_;
  const Method method_;
  const std::vector<LoadedCall<Request>> calls_;
  bool (*const is_good_)(const Response&);
  grpc::CompletionQueue queue_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_CALL_LOAD_H_
