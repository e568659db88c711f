#include "server/broker/http/exchange.h"

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <exception>
#include <string_view>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/broker/http/forwarded_heads.h"

namespace leasehold {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// 100 Continue and Early Hints, which are not passed on. A target that sends more is broken.
constexpr int kInterimResponsesMax = 8;

// For values that could not be injected or heads that could not be read HTTP has "bad gateway",
// whatever the reason's own status.
constexpr int kBadGateway = 502;
constexpr int kGatewayTimeout = 504;

// The size line of a chunk.
std::string_view ChunkSize(size_t size, std::array<char, 20>* room) {
  char* end = std::to_chars(room->data(), room->data() + 16, size, 16).ptr;
  *end++ = '\r';
  *end++ = '\n';
  return {room->data(), static_cast<size_t>(end - room->data())};
}

}  // namespace

Exchange::Exchange(BrokerContext* context, Stream* client, const RequestHead* head,
                   size_t head_bytes, UseReply use)
    : Swept(&context->sweeper),
      context_(context),
      client_(client),
      head_(head),
      head_bytes_(head_bytes),
      use_(std::move(use)),
      to_head_(head->method == "HEAD"),
      keep_alive_(head->keep_alive),
      expects_continue_(head->expects_continue),
      started_(steady_clock::now()),
      upload_(head->body, BodyScanner::Rules::kRequest) {}

Exchange::~Exchange() { End(); }

void Exchange::End() {
  watch_ = nullptr;
  if (handle_ != nullptr) handle_->exchange = nullptr;
  target_ = nullptr;
  request_.Clear();
}

asio::awaitable<std::optional<Problem>> Exchange::Run() {
  MaybeProblem problem = co_await Send();
  size_t head_bytes = 0;
  if (!problem.has_value()) problem = co_await ReceiveHead(&head_bytes);
  if (!problem.has_value()) problem = co_await Download(head_bytes);
  co_await JoinUpload();
  // What was wrong with the request counts more than what the target made of it.
  if (problem.has_value() && upload_failure_.has_value()) problem = std::move(upload_failure_);
  if (problem.has_value()) problem->entry = use_.entry;
  End();
  co_return problem;
}

asio::awaitable<std::optional<Problem>> Exchange::Send() {
  const absl::Status injected =
      WriteTargetRequest(*head_, *use_.target, *use_.credential, &request_);
  use_.credential.reset();
  if (!injected.ok()) co_return Problem::From(injected, kBadGateway);
  client_->Consume(head_bytes_);
  const size_t body_bytes = upload_.Take(client_->input());
  if (!upload_.offence().empty()) {
    co_return Problem::From(
        Error(Reason::kInvalidArgument, StrCat("the body has ", upload_.offence())));
  }
  for (bool fresh = false;; fresh = true) {
    const auto waited_from = steady_clock::now();
    MaybeProblem problem = co_await Reach(fresh);
    if (problem.has_value()) co_return problem;
    const auto waited_until = steady_clock::now();
    Stream::Parts parts = {request_.view(), client_->input().substr(0, body_bytes)};
    const FirstWrite first = co_await WriteFirstBytes(&parts);
    if (!first.usable.ok()) co_return Problem::From(first.usable);
    Io io = first.io;
    // With TLS a failed write may have sent a part. What was cut is not wanted any more.
    const bool replace = io != Io::kOk && io != Io::kCut && !first.begun;
    if (replace && target_kept_ && !target_->has_tls()) continue;
    // A head that is only partly out is use that can still be stopped: not only after a sweep.
    if (io == Io::kOk && !parts[0].empty()) StartWatch();
    if (io == Io::kOk) io = co_await target_->Write(parts, context_->options.stall_timeout);
    request_.Clear();
    if (io != Io::kOk) co_return WhyNoResponse(io);
    client_->Consume(body_bytes);
    added_ = steady_clock::now() - waited_until + (waited_from - started_);
    break;
  }
  uploaded_ = upload_.done();
  if (uploaded_) co_return std::nullopt;
  if (expects_continue_ && body_bytes == 0) {
    co_await client_->Write({"HTTP/1.1 100 Continue\r\n\r\n"}, context_->options.stall_timeout);
  }
  uploading_ = true;
  upload_ended_.emplace(context_->io, steady_clock::time_point::max());
  asio::co_spawn(context_->io, Upload(), [](const std::exception_ptr& failure) {
    LEASEHOLD_CHECK(failure == nullptr, "an upload threw");
  });
  co_return std::nullopt;
}

asio::awaitable<Exchange::FirstWrite> Exchange::WriteFirstBytes(Stream::Parts* parts) {
  const auto until =
      steady_clock::now() + absl::ToChronoNanoseconds(context_->options.stall_timeout);
  for (;;) {
    FirstWrite first;
    size_t written = 0;
    first.usable = context_->point_of_use->IfStillUsable(
        use_.lease, [&] { first.io = target_->TryWrite(parts, &written); });
    first.begun = written > 0;
    if (!first.usable.ok() || first.io != Io::kOk || first.begun) co_return first;
    // The socket is full, of an earlier request that the target has not read. A revocation may be
    // acknowledged while this waits, so that the lease is looked at again and not only the socket.
    const absl::Duration left = absl::FromChrono(until - steady_clock::now());
    first.io = co_await target_->AwaitRoom(left);
    if (first.io != Io::kOk) co_return first;
  }
}

asio::awaitable<std::optional<Problem>> Exchange::Reach(bool fresh) {
  target_ = fresh ? nullptr : context_->targets.TakeKept(use_.target);
  target_kept_ = target_ != nullptr;
  if (target_kept_) co_return std::nullopt;
  TargetConnections::Opened opened = co_await context_->targets.Open(use_.target);
  if (opened.stream == nullptr) {
    co_return Problem::From(opened.error, opened.timed_out ? kGatewayTimeout : 0);
  }
  target_ = std::move(opened.stream);
  co_return std::nullopt;
}

asio::awaitable<void> Exchange::Upload() {
  const absl::Duration patience = context_->options.stall_timeout;
  while (!upload_.done()) {
    if (client_->input().empty()) {
      // Where both sides speak at once, each may be quiet for as long as a stream may.
      const absl::Duration quiet = response_begun_ ? context_->options.stream_timeout : patience;
      const Io read = co_await client_->ReadMore(quiet);
      if (read != Io::kOk) {
        co_return EndUpload(
            Problem::From(Error(Reason::kInvalidArgument, "the request's body does not end"),
                          read == Io::kTimedOut ? 408 : 0));
      }
    }
    const size_t size = upload_.Take(client_->input());
    if (!upload_.offence().empty()) {
      co_return EndUpload(Problem::From(
          Error(Reason::kInvalidArgument, StrCat("the body has ", upload_.offence()))));
    }
    // A target that does not want the rest may have answered already, so this is no failure yet.
    const Io written = co_await target_->Write({client_->input().substr(0, size)}, patience);
    if (written != Io::kOk) co_return EndUpload(std::nullopt);
    client_->Consume(size);
  }
  uploaded_ = true;
  EndUpload(std::nullopt);
}

void Exchange::EndUpload(std::optional<Problem> failure) {
  uploading_ = false;
  if (!upload_unwanted_) upload_failure_ = std::move(failure);
  if (upload_failure_.has_value()) {
    CutBoth(Error(Reason::kInvalidArgument, upload_failure_->detail));
  } else if (!response_begun_) {
    // From now on it is the target's turn.
    target_->LimitRead(use_.target->timeout());
  }
  upload_ended_->cancel();
}

asio::awaitable<void> Exchange::JoinUpload() {
  if (!uploading_) co_return;
  // The response is over, or will never come, and the request is not wanted any more. That it is
  // broken off is then no fault of the client's.
  upload_unwanted_ = true;
  target_->Cut(Error(Reason::kTargetUnreachable, "the exchange is over"));
  client_->InterruptRead();
  while (uploading_) {
    boost::system::error_code ignored;
    co_await upload_ended_->async_wait(asio::redirect_error(asio::use_awaitable, ignored));
  }
}

asio::awaitable<std::optional<Problem>> Exchange::ReceiveHead(size_t* head_bytes) {
  int interim = 0;
  for (size_t seen = 0;;) {
    const HeadEnd end = FindHeadEnd(target_->input(), seen);
    seen = target_->input().size();
    const size_t size = end.state == HeadEnd::State::kComplete ? end.size : seen;
    if (end.state == HeadEnd::State::kBroken || size > kResponseHeadBytesMax) {
      co_return TargetFailed("its answer is not HTTP/1.1", kBadGateway);
    }
    if (end.state == HeadEnd::State::kComplete) {
      const absl::Status parsed =
          ParseResponseHead(target_->input().substr(0, size), to_head_, &response_);
      if (!parsed.ok()) co_return Problem::From(parsed);
      if (response_.status >= 200) {
        *head_bytes = size;
        co_return std::nullopt;
      }
      if (response_.status == 101 || ++interim > kInterimResponsesMax) {
        co_return TargetFailed("its answer begins with what nobody asked for", kBadGateway);
      }
      target_->Consume(size);
      seen = 0;
      continue;
    }
    const absl::Duration patience = uploading_ ? absl::InfiniteDuration() : use_.target->timeout();
    const Io io = co_await target_->ReadMore(patience);
    if (io != Io::kOk) co_return WhyNoResponse(io);
  }
}

asio::awaitable<std::optional<Problem>> Exchange::Download(size_t head_bytes) {
  const auto received = steady_clock::now();
  BodyScanner body(response_.body, BodyScanner::Rules::kResponse);
  std::string head;
  WriteClientResponse(response_, {.entry = use_.entry, .close = !keep_alive_}, &head);
  target_->Consume(head_bytes);
  bool whole = co_await PassOn(&head, &body);
  if (!response_begun_)
    co_return TargetFailed(StrCat("its answer has ", body.offence()), kBadGateway);
  added_ += steady_clock::now() - received;
  while (whole && !body.done()) {
    const Io io = co_await target_->ReadMore(context_->options.stream_timeout);
    if (io == Io::kEnd && response_.body.kind == BodyLength::Kind::kUntilClose) {
      const Io ended = co_await client_->Write({"0\r\n\r\n"}, context_->options.stall_timeout);
      whole = ended == Io::kOk;
      break;
    }
    whole = io == Io::kOk;
    if (whole) whole = co_await PassOn(&head, &body);
  }
  Finish(whole);
  co_return std::nullopt;
}

asio::awaitable<bool> Exchange::PassOn(std::string* head, BodyScanner* body) {
  std::array<char, 20> room;
  const std::string_view input = target_->input();
  const size_t size = body->Take(input);
  if (!body->offence().empty()) co_return false;
  response_begun_ = true;
  Stream::Parts parts = {*head};
  if (size > 0) {
    const bool framed = response_.body.kind == BodyLength::Kind::kUntilClose;
    if (framed) parts[1] = ChunkSize(size, &room);
    parts[2] = input.substr(0, size);
    if (framed) parts[3] = "\r\n";
  }
  const Io io = co_await client_->Write(parts, context_->options.stall_timeout);
  head->clear();
  target_->Consume(size);
  co_return io == Io::kOk;
}

void Exchange::Finish(bool whole_response) {
  context_->metrics->AddedSeconds(std::chrono::duration<double>(added_).count());
  if (!whole_response) {
    // Without its end the response must not look complete: the connection breaks.
    CutBoth(Error(Reason::kTargetUnreachable, "the target's answer broke off"));
    return;
  }
  client_reusable_ = keep_alive_ && uploaded_;
  // Bytes beyond the response would be read as the answer to somebody's next request.
  if (uploaded_ && response_.keep_alive && target_->input().empty()) {
    context_->targets.Keep(use_.target, std::move(target_));
  }
}

void Exchange::Sweep(Sweeper::TimePoint now) {
  if (target_ == nullptr || now - started_ < Sweeper::kInterval) return;
  // A client that only says that it will send nothing more counts as gone, as it does for other
  // proxies: nothing tells it from one that was closed.
  if (!uploading_ && client_->IsGone()) {
    CutBoth(Error(Reason::kInvalidArgument, "the client is gone"));
  }
  StartWatch();
}

void Exchange::StartWatch() {
  if (watch_ != nullptr) return;
  handle_ = std::make_shared<Handle>(Handle{this});
  watch_ = context_->point_of_use->WatchLease(
      use_.lease, [handle = handle_, io = &context_->io](const absl::Status& why) {
        asio::post(*io, [handle, why] {
          if (handle->exchange != nullptr) handle->exchange->CutBoth(why);
        });
      });
}

void Exchange::CutBoth(const absl::Status& why) {
  if (target_ != nullptr) target_->Cut(why);
  // As long as no response has begun the client can be told why.
  if (response_begun_) client_->Cut(why);
}

Problem Exchange::TargetFailed(std::string_view what, int status) const {
  return Problem::From(
      Error(Reason::kTargetUnreachable, StrCat("target ", use_.target->name(), " failed: ", what)),
      status);
}

Problem Exchange::WhyNoResponse(Io io) const {
  switch (io) {
    case Io::kCut:
      return Problem::From(target_->why());
    case Io::kTimedOut:
      return TargetFailed("it does not answer in time", kGatewayTimeout);
    default:
      return TargetFailed("it closed the connection without a whole answer", kBadGateway);
  }
}

}  // namespace leasehold
