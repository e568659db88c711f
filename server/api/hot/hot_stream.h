#ifndef LEASEHOLD_SERVER_API_HOT_HOT_STREAM_H_
#define LEASEHOLD_SERVER_API_HOT_HOT_STREAM_H_

#include <grpc/grpc.h>
#include <grpcpp/alarm.h>
#include <grpcpp/grpcpp.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/api/hot/hot_streams.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/point_of_use.h"

namespace leasehold {

// One bidirectional stream about one lease, from waiting for it to its end. Messages are judged in
// the batches of unary calls and answered in their order; the next one is read only while fewer
// than a named number are without an answer, so a caller who takes none stops being read. A stream
// frees itself. Everything runs on the hot thread.
//
//   first message            10 s, else the stream ends
//   each message             the caller is admitted anew, as for a unary call
//   the lease ends           answers that are due, a last message with the reason, the same status
//   the caller takes nothing 50 ms after the end its call is cut, with the reason as its status
template <typename Request, typename Response>
class HotStream final : public HotStreams::Stream {
 public:
  using Io = grpc::ServerAsyncReaderWriter<Response, Request>;
  using Batch = std::vector<std::unique_ptr<Operation>>;

  // Whoever opens a stream and says nothing would keep a place that rests on no lease.
  static constexpr absl::Duration kFirstMessageMax = absl::Seconds(10);
  // Half of what is promised for the end of a stream; the other half is the sweep's.
  static constexpr absl::Duration kLastWordsMax = absl::Milliseconds(50);

  // What is needed to wait for the next stream and to handle one. Outlives all streams.
  struct Method {
    const ApiMethod& api;
    const Gate& gate;
    HotStreams& streams;
    // Messages that may be without an answer.
    size_t unanswered_max;
    // Asks gRPC for the next stream.
    std::function<void(grpc::ServerContext*, Io*, void* tag)> request;
    grpc::CompletionQueue* queue;
    // Validates a message and gives what is to be committed, or nullptr. In the end Answer or
    // Refuse is called for `place`, here or when the operation is finished.
    std::function<std::unique_ptr<Operation>(HotStream* stream, uint64_t place, Request& request)>
        handle;
    // The last message of a stream that ends for a reason.
    std::function<Response(const absl::Status& why)> last;
  };

  // Waits for the next stream.
  static void Await(const Method& method) {
    auto* stream = new HotStream(method);
    ++stream->waiting_;
    method.request(&stream->context_, &stream->io_, &stream->received_);
  }

  const Principal& principal() const { return *principal_; }

  // The first message's token fixes the lease: puts it into a message without one.
  // INVALID_ARGUMENT where there is none yet, or another one.
  absl::Status FixToken(std::string* token) {
    if (token_.empty()) {
      token_ = *token;
    }
    if (token_.empty() || (!token->empty() && *token != token_)) {
      return Error(Reason::kInvalidArgument,
                   "the first message gives the lease's token, later ones the same or none; open "
                   "another stream for another lease");
    }
    *token = token_;
    return absl::OkStatus();
  }

  bool IsWatched() const { return watch_ != nullptr; }
  // Ties the stream to its lease; `watch` calls End.
  void Watched(std::unique_ptr<PointOfUse::Watch> watch) { watch_ = std::move(watch); }

  // The answer to the message at `place`.
  void Answer(uint64_t place, Response response) {
    --judging_;
    if (uint64_t i = place - first_place_; i < answers_.size()) {
      answers_[i] = std::move(response);
    }
    Flush();
    FreeIfOver();
  }

  // The message at `place` and all after it get no answer; the stream ends.
  void Refuse(uint64_t place, const absl::Status& why) {
    --judging_;
    if (uint64_t i = place - first_place_; i < answers_.size()) {
      answers_.resize(i);
    }
    End(why);
    FreeIfOver();
  }

  void End(const absl::Status& why) override {
    if (!ended_.ok() || finishing_) {
      return;
    }
    ended_ = why;
    SetAlarm(cut_alarm_, kLastWordsMax, cut_);
    Flush();
  }

 private:
  // Something that the stream waits for.
  class Event final : public HotTag {
   public:
    using Happened = void (HotStream::*)(bool ok, Batch& batch);
    Event(HotStream* stream, Happened happened) : stream_(stream), happened_(happened) {}
    void Proceed(bool ok, Batch& batch) override {
      HotStream* stream = stream_;
      --stream->waiting_;
      (stream->*happened_)(ok, batch);
      stream->FreeIfOver();
    }

   private:
    HotStream* const stream_;
    const Happened happened_;
  };

  explicit HotStream(const Method& method) : method_(method), io_(&context_) {}

  void Received(bool ok, Batch&) {
    if (!ok) {
      finished_ = true;  // the server is shutting down
      return;
    }
    start_ = absl::Now();
    Await(method_);
    principal_ = method_.gate.Admit(context_, method_.api);
    absl::Status status = principal_.status();
    if (status.ok()) {
      absl::StatusOr<std::unique_ptr<HotStreams::Place>> place =
          method_.streams.Enter(principal_->agent, this);
      status = place.status();
      if (place.ok()) {
        place_ = *std::move(place);
      }
    }
    if (!status.ok()) {
      Finish(status);
      return;
    }
    SetAlarm(first_alarm_, kFirstMessageMax, first_late_);
    MaybeRead();
  }

  void MaybeRead() {
    if (!reading_ && !half_closed_ && ended_.ok() && !finishing_ &&
        answers_.size() < method_.unanswered_max) {
      reading_ = true;
      ++waiting_;
      io_.Read(&request_, &read_);
    }
  }

  void Read(bool ok, Batch& batch) {
    reading_ = false;
    first_alarm_.Cancel();
    if (!ok) {
      half_closed_ = true;  // or the caller is gone, which Finish finds out
      Flush();
      return;
    }
    if (!ended_.ok() || finishing_) {
      return;
    }
    // What a unary call would be refused for ends a stream: no stream outlives its credential.
    if (absl::StatusOr<Principal> again = method_.gate.Admit(context_, method_.api); !again.ok()) {
      End(again.status());
      return;
    }
    const uint64_t place = first_place_ + answers_.size();
    answers_.emplace_back();
    ++judging_;
    if (std::unique_ptr<Operation> operation = method_.handle(this, place, request_)) {
      batch.push_back(std::move(operation));
    }
    MaybeRead();
  }

  // Writes what is due, one message at a time.
  void Flush() {
    if (writing_ || finishing_) {
      return;
    }
    if (!answers_.empty()) {
      if (answers_.front().has_value()) {
        writing_ = true;
        ++waiting_;
        io_.Write(*answers_.front(), &written_);
      }
      return;
    }
    if (!ended_.ok() || half_closed_) {
      Finish(ended_);
    }
  }

  void Written(bool ok, Batch&) {
    writing_ = false;
    if (!ok) {  // the caller is gone, or was cut
      answers_.clear();
      Finish(ended_.ok() ? Error(Reason::kOverloaded, "the caller is gone") : ended_);
      return;
    }
    answers_.pop_front();
    ++first_place_;
    Flush();
    MaybeRead();
  }

  void Finish(const absl::Status& status) {
    if (std::exchange(finishing_, true)) {
      return;
    }
    first_alarm_.Cancel();
    method_.gate.Observe({.method = method_.api,
                          .status = status,
                          .duration = absl::Now() - start_,
                          .principal = principal_.ok() ? &*principal_ : nullptr});
    ++waiting_;
    if (status.ok() || ended_.ok()) {
      io_.Finish(ToGrpcStatus(status), &over_);
    } else {
      io_.WriteAndFinish(method_.last(status), grpc::WriteOptions(), ToGrpcStatus(status), &over_);
    }
  }

  void Over(bool, Batch&) {
    finished_ = true;
    cut_alarm_.Cancel();
  }

  void FirstLate(bool ok, Batch&) {
    if (ok && first_place_ == 0 && answers_.empty()) {
      End(Error(Reason::kInvalidArgument,
                StrCat("the first message did not come within ",
                       absl::ToInt64Seconds(kFirstMessageMax), " s; open the stream again")));
    }
  }

  // The caller takes nothing: what is left to say goes into the status. Not TryCancel, which says
  // CANCELLED and nothing else.
  void Cut(bool ok, Batch&) {
    if (ok && !finished_) {
      grpc::Status status = ToGrpcStatus(ended_);
      grpc_call_cancel_with_status(context_.c_call(),
                                   static_cast<grpc_status_code>(status.error_code()),
                                   status.error_message().c_str(), nullptr);
    }
  }

  void SetAlarm(grpc::Alarm& alarm, absl::Duration after, Event& event) {
    ++waiting_;
    alarm.Set(method_.queue, absl::ToChronoTime(absl::Now() + after), &event);
  }

  void FreeIfOver() {
    if (finished_ && waiting_ == 0 && judging_ == 0) {
      delete this;
    }
  }

  const Method& method_;
  grpc::ServerContext context_;
  Io io_;
  Request request_;
  Event received_{this, &HotStream::Received};
  Event read_{this, &HotStream::Read};
  Event written_{this, &HotStream::Written};
  Event over_{this, &HotStream::Over};
  Event first_late_{this, &HotStream::FirstLate};
  Event cut_{this, &HotStream::Cut};
  grpc::Alarm first_alarm_;
  grpc::Alarm cut_alarm_;

  absl::Time start_;
  absl::StatusOr<Principal> principal_ = absl::UnknownError("not authenticated yet");
  std::unique_ptr<HotStreams::Place> place_;
  std::string token_;
  std::unique_ptr<PointOfUse::Watch> watch_;

  // Of the messages from `first_place_` on, as far as they are known, in order.
  std::deque<std::optional<Response>> answers_;
  uint64_t first_place_ = 0;
  size_t judging_ = 0;  // messages that Answer or Refuse was not called for yet
  size_t waiting_ = 0;  // tags that are in the queue
  absl::Status ended_;  // why it ends before its caller wanted
  bool reading_ = false;
  bool writing_ = false;
  bool half_closed_ = false;
  bool finishing_ = false;
  bool finished_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_HOT_HOT_STREAM_H_
