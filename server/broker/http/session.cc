#include "server/broker/http/session.h"

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <utility>

#include "server/base/status.h"
#include "server/broker/http/exchange.h"
#include "server/broker/http/presented_handle.h"
#include "server/broker/http/trace_parent.h"

namespace leasehold {
namespace asio = boost::asio;
using std::chrono::steady_clock;

namespace {

// A refused request's body of at most this size is read, so that the connection goes on; more would
// cost more than a new connection.
constexpr uint64_t kDiscardedBytesMax = 64 * 1024;
// How much of what a client still sends is read after the last answer, and for how long.
constexpr size_t kLingerBytesMax = 1024 * 1024;
constexpr absl::Duration kLingerTimeout = absl::Seconds(2);

absl::Status NetworkForbidden() {
  return Error(Reason::kNetworkForbidden,
               "handles are not accepted from this network; connect from one that the broker's "
               "configuration lists");
}

Problem Denied(const UseReply& use) {
  // A denial without a reason is a bug of the judge's and must not look like a success.
  const Reason reason = use.reason != Reason::kNone ? use.reason : Reason::kInternal;
  return {.status = ReasonHttpStatus(reason),
          .reason = reason,
          .detail = use.message,
          .scope = ScopeOf(reason),
          .retry_after = use.retry_after,
          .entry = use.entry};
}

}  // namespace

HttpSession::HttpSession(BrokerContext* context, asio::ip::tcp::socket socket, std::string peer,
                         bool from_allowed_network)
    : context_(context),
      client_(&context->sweeper, std::move(socket)),
      peer_(std::move(peer)),
      from_allowed_network_(from_allowed_network) {}

asio::awaitable<void> HttpSession::Run() {
  // No co_await stands in a condition: gcc 12 makes wrong code of some of them.
  bool more = true;
  while (more) {
    more = co_await ServeOne();
  }
}

asio::awaitable<HttpSession::HeadRead> HttpSession::ReadHead() {
  using State = HeadRead::State;
  steady_clock::time_point begun;
  for (size_t seen = 0;;) {
    const std::string_view input = client_.input();
    if (seen == 0 && !input.empty()) begun = steady_clock::now();
    const HeadEnd end = FindHeadEnd(input, seen);
    seen = input.size();
    if (end.state == HeadEnd::State::kBroken) co_return HeadRead{State::kBroken};
    const bool complete = end.state == HeadEnd::State::kComplete;
    if ((complete ? end.size : seen) > kRequestHeadBytesMax) co_return HeadRead{State::kTooLarge};
    if (complete) co_return HeadRead{State::kComplete, end.size};
    absl::Duration patience = context_->options.idle_timeout;
    if (seen > 0) {
      patience = context_->options.head_timeout - absl::FromChrono(steady_clock::now() - begun);
    }
    const Io io = co_await client_.ReadMore(patience);
    if (io == Io::kTimedOut && seen > 0) co_return HeadRead{State::kTimedOut};
    if (io != Io::kOk) co_return HeadRead{State::kNothing};
  }
}

Problem HttpSession::WhyNoHead(HeadRead::State state) {
  using State = HeadRead::State;
  if (state == State::kTooLarge) {
    static_assert(kRequestHeadBytesMax == 16 * 1024, "the sentence below says it");
    return Problem::From(Error(Reason::kTooLarge, "the request's head has more than 16 KiB"), 431);
  }
  if (state == State::kTimedOut) {
    return Problem::From(
        Error(Reason::kInvalidArgument, "the request's head did not arrive in time"), 408);
  }
  return Problem::From(
      Error(Reason::kInvalidArgument, "the head has a line that does not end with CRLF"));
}

asio::awaitable<bool> HttpSession::ServeOne() {
  using State = HeadRead::State;
  const HeadRead read = co_await ReadHead();
  if (read.state == State::kNothing) co_return false;
  if (read.state == State::kComplete) {
    const bool more = co_await ServeHead(read.size);
    co_return more;
  }
  co_await AnswerAndClose(WhyNoHead(read.state), false);
  co_return false;
}

asio::awaitable<bool> HttpSession::ServeHead(size_t head_bytes) {
  const std::string_view bytes = client_.input().substr(0, head_bytes);
  const absl::Status parsed = ParseRequestHead(bytes, &head_);
  if (ReasonOf(parsed) == Reason::kInvalidArgument) {
    // Where the request ends is not certain, so nothing behind it is read as another one.
    co_await AnswerAndClose(Problem::From(parsed), false);
    co_return false;
  }
  if (!from_allowed_network_) {
    co_await AnswerAndClose(Problem::From(NetworkForbidden()), head_.method == "HEAD");
    co_return false;
  }
  if (!parsed.ok()) {
    co_await AnswerAndClose(Problem::From(parsed), head_.method == "HEAD");
    co_return false;
  }
  auto handle = FindHandle(head_, bytes);
  if (!handle.ok()) co_return co_await Answer(Problem::From(handle.status()), head_bytes);
  absl::StatusOr<UseReply> use = co_await Judge(MakeUseRequest(*std::move(handle)));
  if (!use.ok()) co_return co_await Answer(Problem::From(use.status()), head_bytes);
  if (!use->allowed) co_return co_await Answer(Denied(*use), head_bytes);
  if (use->target == nullptr || !use->credential.has_value()) {
    Problem problem = Problem::From(
        Error(Reason::kInternal, "the use was allowed without a target and credential"));
    problem.entry = use->entry;
    co_return co_await Answer(std::move(problem), head_bytes);
  }
  co_return co_await Forward(head_bytes, *std::move(use));
}

asio::awaitable<bool> HttpSession::Forward(size_t head_bytes, UseReply use) {
  const bool to_head = head_.method == "HEAD";
  Exchange exchange(context_, &client_, &head_, head_bytes, std::move(use));
  std::optional<Problem> problem = co_await exchange.Run();
  if (problem.has_value()) {
    co_await AnswerAndClose(*std::move(problem), to_head);
    co_return false;
  }
  context_->metrics->RequestFinished(exchange.status());
  if (exchange.client_reusable()) co_return !context_->stopping;
  co_await Linger();
  co_return false;
}

UseRequest HttpSession::MakeUseRequest(std::string handle) const {
  UseRequest request;
  request.presenter = {.role = Role::kAdapter,
                       .method = AuthMethod::kServer,
                       .name = "broker",
                       .agent = {},
                       .credential = {},
                       .address = peer_,
                       .expire_time = std::nullopt};
  request.token = std::move(handle);
  request.adapter = Adapter::kBroker;
  request.target = std::string(head_.target);
  request.method = std::string(head_.method);
  request.path = std::string(head_.path);
  if (const Field* trace = head_.Find("traceparent")) request.trace_id = ParseTraceId(trace->value);
  request.wants_credential = true;
  return request;
}

asio::awaitable<absl::StatusOr<UseReply>> HttpSession::Judge(UseRequest request) {
  // The answer comes on another thread; it goes on here.
  auto start = [context = context_](auto handler, UseRequest asked) {
    context->point_of_use->Authorize(std::move(asked), [context, handler = std::move(handler)](
                                                           absl::StatusOr<UseReply> reply) mutable {
      asio::post(context->io, [handler = std::move(handler), reply = std::move(reply)]() mutable {
        std::move(handler)(std::move(reply));
      });
    });
  };
  co_return co_await asio::async_initiate<const asio::use_awaitable_t<>,
                                          void(absl::StatusOr<UseReply>)>(
      std::move(start), asio::use_awaitable, std::move(request));
}

asio::awaitable<bool> HttpSession::Answer(Problem problem, size_t head_bytes) {
  const bool to_head = head_.method == "HEAD";
  // A client that waits for 100 Continue may send the body or not: its next request cannot be told
  // from it.
  const bool discardable = head_.body.kind == BodyLength::Kind::kNone ||
                           (head_.body.kind == BodyLength::Kind::kLength &&
                            head_.body.bytes <= kDiscardedBytesMax && !head_.expects_continue);
  if (!head_.keep_alive || !discardable || context_->stopping) {
    co_await AnswerAndClose(std::move(problem), to_head);
    co_return false;
  }
  client_.Consume(head_bytes);
  const std::string response = WriteProblem(problem, {.to_head = to_head, .close = false});
  const Io io = co_await client_.Write({response}, context_->options.stall_timeout);
  context_->metrics->RequestFinished(problem.status);
  if (io != Io::kOk) co_return false;
  co_return co_await DiscardBody();
}

asio::awaitable<void> HttpSession::AnswerAndClose(Problem problem, bool to_head) {
  const std::string response = WriteProblem(problem, {.to_head = to_head, .close = true});
  const Io io = co_await client_.Write({response}, context_->options.stall_timeout);
  context_->metrics->RequestFinished(problem.status);
  if (io == Io::kOk) co_await Linger();
}

asio::awaitable<bool> HttpSession::DiscardBody() {
  BodyScanner body(head_.body, BodyScanner::Rules::kRequest);
  for (;;) {
    client_.Consume(body.Take(client_.input()));
    if (body.done()) co_return true;
    const Io io = co_await client_.ReadMore(context_->options.stall_timeout);
    if (io != Io::kOk) co_return false;
  }
}

asio::awaitable<void> HttpSession::Linger() {
  if (!client_.why().ok()) co_return;
  client_.FinishWriting();
  const auto until = steady_clock::now() + absl::ToChronoNanoseconds(kLingerTimeout);
  for (size_t bytes = 0; bytes < kLingerBytesMax;) {
    bytes += client_.input().size();
    client_.Consume(client_.input().size());
    const auto left = absl::FromChrono(until - steady_clock::now());
    if (left <= absl::ZeroDuration()) co_return;
    const Io io = co_await client_.ReadMore(left);
    if (io != Io::kOk) co_return;
  }
}

}  // namespace leasehold
