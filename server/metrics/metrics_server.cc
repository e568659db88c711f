#include "server/metrics/metrics_server.h"

#include <pthread.h>

#include <algorithm>
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdint>
#include <exception>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/logging/log.h"
#include "server/net/socket/listen_tcp.h"

namespace leasehold {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = boost::beast::http;
using asio::ip::tcp;

// A scraper or two, an orchestrator's probes and an operator's curl.
constexpr int kConnectionsMax = 32;
// Prometheus sends about 300 bytes.
constexpr std::uint32_t kRequestBytesMax = 8 * 1024;
// For a whole connection: Prometheus itself gives up after 10 s.
constexpr std::chrono::seconds kTimeout{5};
// Of what a client sends beyond its request.
constexpr size_t kDrainedBytesMax = 64 * 1024;
// How long nothing is accepted after accept failed: without descriptors it would fail at once
// again.
constexpr std::chrono::milliseconds kAcceptPause{100};

constexpr char kPrometheusType[] = "text/plain; version=0.0.4; charset=utf-8";
constexpr char kPlainType[] = "text/plain; charset=utf-8";

// Errors as values instead of exceptions.
constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);

using Response = http::response<http::string_body>;

Response Plain(http::status status, std::string text) {
  Response response(status, 11);
  response.set(http::field::content_type, kPlainType);
  response.body() = std::move(text) + "\n";
  return response;
}

// What to say to a request that could not be read; nullopt where the client has gone.
std::optional<Response> ResponseTo(const beast::error_code& error) {
  if (error == http::error::header_limit || error == http::error::buffer_overflow) {
    return Plain(http::status::request_header_fields_too_large, "the request is too large");
  }
  if (error == http::error::body_limit) {
    return Plain(http::status::payload_too_large, "a request has no body here");
  }
  if (error == http::error::end_of_stream || error == http::error::partial_message ||
      error.category() != http::make_error_code(http::error::bad_method).category()) {
    return std::nullopt;
  }
  return Plain(http::status::bad_request, "this is not an HTTP request");
}

}  // namespace

class MetricsServer::Impl {
 public:
  Impl(Metrics* metrics, absl::AnyInvocable<absl::Status()> ready)
      : metrics_(metrics), ready_(std::move(ready)), io_(1), acceptor_(io_) {}

  absl::Status Start(const SocketAddress& listen) {
    ASSIGN_OR_RETURN(OwnedFd fd, ListenTcp(listen, "--metrics-listen"));
    address_ = SocketAddress::OfSocket(fd.get()).ToString();
    beast::error_code error;
    acceptor_.assign(listen.ip().is_v4() ? tcp::v4() : tcp::v6(), fd.get(), error);
    if (error) return Error(Reason::kIo, StrCat("cannot serve metrics: ", error.message()));
    static_cast<void>(fd.Release());
    SpawnAccepting();
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  void Stop() {
    if (!thread_.joinable()) return;
    io_.stop();
    thread_.join();
    beast::error_code ignored;
    acceptor_.close(ignored);
  }

  const std::string& address() const { return address_; }

 private:
  void Run() {
    pthread_setname_np(pthread_self(), "lh-metrics");
    while (!io_.stopped()) {
      try {
        io_.run();
      } catch (const std::exception& error) {
        // Out of memory in one connection, which is gone with it. The others go on.
        LogError("a request for metrics failed", {{"error", error.what()}});
      }
    }
  }

  void SpawnAccepting() {
    // It only ever ends for want of memory, and then begins anew.
    asio::co_spawn(io_, AcceptAll(), [this](const std::exception_ptr&) { SpawnAccepting(); });
  }

  asio::awaitable<void> AcceptAll() {
    asio::steady_timer pause(io_);
    while (true) {
      auto [error, socket] = co_await acceptor_.async_accept(kAwait);
      if (error) {
        pause.expires_after(kAcceptPause);
        co_await pause.async_wait(kAwait);
      } else if (connections_ < kConnectionsMax) {
        ++connections_;
        asio::co_spawn(io_, Serve(std::move(socket)), [this](const std::exception_ptr& failure) {
          --connections_;
          if (failure) std::rethrow_exception(failure);
        });
      }
      // Beyond the limit the socket's end closes it.
    }
  }

  asio::awaitable<void> Serve(tcp::socket socket) {
    beast::tcp_stream stream(std::move(socket));
    stream.expires_after(kTimeout);
    beast::flat_buffer buffer(kRequestBytesMax);
    http::request_parser<http::empty_body> parser;
    parser.header_limit(kRequestBytesMax);
    const auto [error, size] = co_await http::async_read(stream, buffer, parser, kAwait);
    std::optional<Response> response = error ? ResponseTo(error) : Answer(parser.get());
    if (!response.has_value()) co_return;
    response->keep_alive(false);
    response->prepare_payload();
    if (!error && parser.get().method() == http::verb::head) {
      // The length stays that of the body which is not sent.
      http::response_serializer<http::string_body> serializer(*response);
      co_await http::async_write_header(stream, serializer, kAwait);
    } else {
      co_await http::async_write(stream, *response, kAwait);
    }
    beast::error_code ignored;
    stream.socket().shutdown(tcp::socket::shutdown_send, ignored);
    co_await Drain(stream);
  }

  // Reads what the client is still sending: closing a socket with unread bytes resets it, and the
  // client might never see the answer.
  static asio::awaitable<void> Drain(beast::tcp_stream& stream) {
    std::array<char, 4096> discarded;
    for (size_t left = kDrainedBytesMax; left > 0;) {
      const auto [error, size] = co_await stream.async_read_some(asio::buffer(discarded), kAwait);
      if (error) co_return;
      left -= std::min(left, size);
    }
  }

  Response Answer(const http::request<http::empty_body>& request) {
    if (request.method() != http::verb::get && request.method() != http::verb::head) {
      Response response = Plain(http::status::method_not_allowed, "use GET");
      response.set(http::field::allow, "GET, HEAD");
      return response;
    }
    std::string_view path(request.target().data(), request.target().size());
    path = path.substr(0, path.find('?'));
    if (path == "/metrics") {
      Response response(http::status::ok, 11);
      response.set(http::field::content_type, kPrometheusType);
      response.body() = metrics_->Render();
      return response;
    }
    if (path == "/healthz") return Plain(http::status::ok, "ok");
    if (path == "/readyz") {
      const absl::Status status = ready_();
      if (status.ok()) return Plain(http::status::ok, "ready");
      return Plain(http::status::service_unavailable, std::string(status.message()));
    }
    return Plain(http::status::not_found, "there are /metrics, /healthz and /readyz here");
  }

  Metrics* const metrics_;
  absl::AnyInvocable<absl::Status()> ready_;  // Of the thread.
  std::string address_;
  int connections_ = 0;  // Of the thread.
  asio::io_context io_;  // Destroyed before what its coroutines use.
  tcp::acceptor acceptor_;
  std::thread thread_;
};

absl::StatusOr<std::unique_ptr<MetricsServer>> MetricsServer::Start(
    const SocketAddress& listen, Metrics* metrics, absl::AnyInvocable<absl::Status()> ready) {
  auto impl = std::make_unique<Impl>(metrics, std::move(ready));
  RETURN_IF_ERROR(impl->Start(listen));
  return std::unique_ptr<MetricsServer>(new MetricsServer(std::move(impl)));
}

MetricsServer::MetricsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
MetricsServer::~MetricsServer() { impl_->Stop(); }
std::string MetricsServer::address() const { return impl_->address(); }
void MetricsServer::Stop() { impl_->Stop(); }

}  // namespace leasehold
