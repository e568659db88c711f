#include "server/broker/http/http_broker.h"

#include <pthread.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <exception>
#include <string_view>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/broker/http/broker_context.h"
#include "server/broker/http/session.h"

namespace leasehold {
namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

namespace {

// What a client reads that finds all places taken. Sent without waiting.
constexpr std::string_view kNoRoom =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Length: 0\r\n"
    "Connection: close\r\n\r\n";

// After accepting fails, mostly for want of descriptors, others get time to close theirs.
constexpr std::chrono::milliseconds kAcceptPause{100};

absl::Status BadListen(std::string_view listen) {
  return Error(Reason::kConfigInvalid, StrCat("the broker cannot listen on ", listen,
                                              ": write ADDRESS:PORT with an address of this "
                                              "machine, such as 127.0.0.1:8642 or [::1]:8642"));
}

absl::StatusOr<tcp::endpoint> ParseListen(std::string_view listen) {
  const size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) return BadListen(listen);
  std::string_view host = listen.substr(0, colon);
  const std::string_view port_text = listen.substr(colon + 1);
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (brackets) host = host.substr(1, host.size() - 2);
  uint16_t port = 0;
  const auto parsed = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  error_code error;
  const auto address = asio::ip::make_address(std::string(host), error);
  if (error || parsed.ec != std::errc() || parsed.ptr != port_text.data() + port_text.size() ||
      address.is_v6() != brackets) {
    return BadListen(listen);
  }
  return tcp::endpoint(address, port);
}

// IPv4 that came in through an IPv6 socket is IPv4.
asio::ip::address PlainAddress(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

bool IsAllowed(const asio::ip::address& address, const std::vector<Cidr>& networks) {
  if (networks.empty()) return address.is_loopback();
  std::string bytes;
  if (address.is_v4()) {
    const auto four = address.to_v4().to_bytes();
    bytes.assign(four.begin(), four.end());
  } else {
    const auto sixteen = address.to_v6().to_bytes();
    bytes.assign(sixteen.begin(), sixteen.end());
  }
  return std::any_of(networks.begin(), networks.end(),
                     [&bytes](const Cidr& network) { return network.Contains(bytes); });
}

}  // namespace

class HttpBroker::Server {
 public:
  Server(BrokerOptions options, PointOfUse* point_of_use, BrokerMetrics* metrics)
      : context_(std::move(options), point_of_use, metrics),
        acceptor_(context_.io),
        accept_pause_(context_.io) {}
  ~Server() { Stop(); }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  absl::Status Listen() {
    ASSIGN_OR_RETURN(const tcp::endpoint endpoint, ParseListen(context_.options.listen));
    error_code error;
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error == asio::error::address_in_use) {
      return Error(Reason::kAddressInUse,
                   StrCat("the broker cannot listen on ", context_.options.listen,
                          ": another process does; stop it or choose another address "
                          "with --broker-listen"));
    }
    if (error) return BadListen(context_.options.listen);
    const tcp::endpoint local = acceptor_.local_endpoint(error);
    if (error) return BadListen(context_.options.listen);
    const std::string host = local.address().to_string();
    address_ = local.address().is_v6() ? StrCat("[", host, "]:", local.port())
                                       : StrCat(host, ":", local.port());
    return absl::OkStatus();
  }

  void Start() {
    asio::co_spawn(context_.io, Accept(), [](const std::exception_ptr& failure) {
      LEASEHOLD_CHECK(failure == nullptr, "accepting threw");
    });
    thread_ = std::thread([this] { RunThread(); });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    asio::post(context_.io, [this] { CutAll(); });
    thread_.join();
  }

  const std::string& address() const { return address_; }

 private:
  void RunThread() {
    pthread_setname_np(pthread_self(), "broker");
    // OpenSSL writes to sockets with write(2), which raises this where the peer has gone.
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    context_.io.run();
  }

  void CutAll() {
    context_.stopping = true;
    error_code ignored;
    acceptor_.close(ignored);
    accept_pause_.cancel();
    context_.targets.Close();
    context_.sweeper.ForEach([](Sweeper::Swept* swept) {
      if (auto* stream = dynamic_cast<Stream*>(swept)) {
        stream->Cut(Error(Reason::kShuttingDown, "the broker is shutting down; try again"));
      }
    });
    if (sessions_ == 0) LetThreadEnd();
  }

  void LetThreadEnd() {
    context_.sweeper.Stop();
    work_.reset();
  }

  asio::awaitable<void> Accept() {
    while (!context_.stopping) {
      error_code error;
      tcp::endpoint peer;
      tcp::socket socket =
          co_await acceptor_.async_accept(peer, asio::redirect_error(asio::use_awaitable, error));
      if (context_.stopping) break;
      if (error) {
        accept_pause_.expires_after(kAcceptPause);
        co_await accept_pause_.async_wait(asio::redirect_error(asio::use_awaitable, error));
        continue;
      }
      Admit(std::move(socket), PlainAddress(peer.address()));
    }
  }

  void Admit(tcp::socket socket, const asio::ip::address& address) {
    std::string peer = address.to_string();
    size_t& from_peer = per_peer_[peer];
    if (sessions_ >= context_.options.connections_max ||
        from_peer >= context_.options.connections_per_peer_max) {
      if (from_peer == 0) per_peer_.erase(peer);
      error_code ignored;
      socket.non_blocking(true, ignored);
      socket.write_some(asio::buffer(kNoRoom), ignored);
      return;
    }
    ++sessions_;
    ++from_peer;
    const bool allowed = IsAllowed(address, context_.options.client_networks);
    asio::co_spawn(context_.io, Serve(std::move(socket), peer, allowed),
                   [this, peer](const std::exception_ptr& failure) {
                     LEASEHOLD_CHECK(failure == nullptr, "a session threw");
                     Release(peer);
                   });
  }

  asio::awaitable<void> Serve(tcp::socket socket, std::string peer, bool allowed) {
    HttpSession session(&context_, std::move(socket), std::move(peer), allowed);
    co_await session.Run();
  }

  void Release(const std::string& peer) {
    --sessions_;
    const auto found = per_peer_.find(peer);
    if (--found->second == 0) per_peer_.erase(found);
    if (context_.stopping && sessions_ == 0) LetThreadEnd();
  }

  BrokerContext context_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  // Keeps the thread waiting for answers of the point of use, which asio does not know about.
  asio::executor_work_guard<asio::io_context::executor_type> work_ =
      asio::make_work_guard(context_.io);
  size_t sessions_ = 0;
  absl::flat_hash_map<std::string, size_t> per_peer_;
  std::string address_;
  std::thread thread_;
};

HttpBroker::HttpBroker(std::unique_ptr<Server> server) : server_(std::move(server)) {}
HttpBroker::~HttpBroker() = default;

absl::StatusOr<std::unique_ptr<HttpBroker>> HttpBroker::Start(BrokerOptions options,
                                                              PointOfUse* point_of_use,
                                                              BrokerMetrics* metrics) {
  auto server = std::make_unique<Server>(std::move(options), point_of_use, metrics);
  RETURN_IF_ERROR(server->Listen());
  server->Start();
  return std::unique_ptr<HttpBroker>(new HttpBroker(std::move(server)));
}

std::string HttpBroker::address() const { return server_->address(); }
void HttpBroker::Stop() { server_->Stop(); }

}  // namespace leasehold
