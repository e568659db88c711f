#include "server/metrics/metrics_server.h"

#include <sys/socket.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/net/socket/owned_fd.h"

namespace leasehold {
namespace {

OwnedFd ConnectTo(const std::string& address) {
  sockaddr_storage storage;
  const socklen_t length = SocketAddress::Parse(address, "address")->ToSockaddr(&storage);
  OwnedFd fd(socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(connect(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) == 0);
  return fd;
}

// All that comes until the server closes.
std::string ReadAll(const OwnedFd& fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = recv(fd.get(), buffer, sizeof(buffer), 0)) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
  }
  return text;
}

std::string Exchange(const std::string& address, const std::string& request) {
  const OwnedFd fd = ConnectTo(address);
  // A refused connection may be reset while we write; the answer tells.
  static_cast<void>(send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL));
  return ReadAll(fd);
}

std::string Ask(const std::string& address, const std::string& method, const std::string& target) {
  return Exchange(address, method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
}

std::string FirstLine(const std::string& answer) { return answer.substr(0, answer.find('\r')); }

std::string Body(const std::string& answer) {
  const size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? std::string() : answer.substr(end + 4);
}

// A server with its metrics, ready or not.
struct Served {
  Served() {
    auto started = MetricsServer::Start(SocketAddress::LoopbackV4(0), &metrics, [this] {
      return ready ? absl::OkStatus() : Error(Reason::kSealed, "the server is sealed");
    });
    REQUIRE(started.ok());
    server = *std::move(started);
  }
  std::atomic<bool> ready = true;
  Metrics metrics{"1.2.3"};
  std::unique_ptr<MetricsServer> server;
};

TEST_CASE("metrics and probes are served, each on its path", "[metrics]") {
  Served served;
  const std::string address = served.server->address();
  std::string answer = Ask(address, "GET", "/metrics");
  CHECK(FirstLine(answer) == "HTTP/1.1 200 OK");
  CHECK(answer.find("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n") !=
        std::string::npos);
  CHECK(Body(answer) == served.metrics.Render());
  CHECK(Body(Ask(address, "GET", "/metrics?x=1")) == served.metrics.Render());

  CHECK(FirstLine(Ask(address, "GET", "/healthz")) == "HTTP/1.1 200 OK");
  CHECK(Body(Ask(address, "GET", "/readyz")) == "ready\n");
  served.ready = false;
  answer = Ask(address, "GET", "/readyz");
  CHECK(FirstLine(answer) == "HTTP/1.1 503 Service Unavailable");
  CHECK(Body(answer) == "the server is sealed\n");
  CHECK(FirstLine(Ask(address, "GET", "/healthz")) == "HTTP/1.1 200 OK");
}

TEST_CASE("HEAD answers with the length and without the body", "[metrics]") {
  Served served;
  const std::string answer = Ask(served.server->address(), "HEAD", "/healthz");
  CHECK(FirstLine(answer) == "HTTP/1.1 200 OK");
  CHECK(answer.find("Content-Length: 3\r\n") != std::string::npos);
  CHECK(Body(answer).empty());
}

TEST_CASE("what is not asked for properly is refused", "[metrics]") {
  Served served;
  const std::string address = served.server->address();
  struct Row {
    std::string request;
    std::string first_line;
  };
  const std::string host = " HTTP/1.1\r\nHost: x\r\n";
  const Row rows[] = {
      {"GET /" + host + "\r\n", "HTTP/1.1 404 Not Found"},
      {"GET /metrics/" + host + "\r\n", "HTTP/1.1 404 Not Found"},
      {"GET /../metrics" + host + "\r\n", "HTTP/1.1 404 Not Found"},
      {"POST /metrics" + host + "\r\n", "HTTP/1.1 405 Method Not Allowed"},
      {"DELETE /healthz" + host + "\r\n", "HTTP/1.1 405 Method Not Allowed"},
      {"GET /metrics" + host + "X: " + std::string(9000, 'x') + "\r\n\r\n",
       "HTTP/1.1 431 Request Header Fields Too Large"},
      {"nonsense\r\n\r\n", "HTTP/1.1 400 Bad Request"},
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15),
       "HTTP/1.1 400 Bad Request"},
  };
  for (const Row& row : rows) {
    INFO(row.request.substr(0, 100));
    CHECK(FirstLine(Exchange(address, row.request)) == row.first_line);
  }
  // After all that it still serves.
  CHECK(FirstLine(Ask(address, "GET", "/healthz")) == "HTTP/1.1 200 OK");
}

TEST_CASE("connections that say nothing are limited and do not stop the others' probes",
          "[metrics]") {
  Served served;
  const std::string address = served.server->address();
  std::vector<OwnedFd> silent;
  for (int i = 0; i < 31; ++i) silent.push_back(ConnectTo(address));
  CHECK(FirstLine(Ask(address, "GET", "/healthz")) == "HTTP/1.1 200 OK");
  // When all places are taken, the next is closed without a word. The answered one may still hold
  // its place for a moment, so how many more fill the house is not certain.
  std::string answer = "not yet refused";
  for (int i = 0; i < 100 && !answer.empty(); ++i) {
    silent.push_back(ConnectTo(address));
    answer = Ask(address, "GET", "/healthz");
  }
  CHECK(answer.empty());
  // A place is free again once somebody leaves.
  silent.clear();
  answer.clear();
  for (int i = 0; i < 10'000 && answer.empty(); ++i) answer = Ask(address, "GET", "/healthz");
  CHECK(FirstLine(answer) == "HTTP/1.1 200 OK");
}

TEST_CASE("stopping cuts what is open, and a taken address is named", "[metrics]") {
  Served served;
  const OwnedFd open = ConnectTo(served.server->address());
  Metrics metrics("1");
  const auto second =
      MetricsServer::Start(*SocketAddress::Parse(served.server->address(), "address"), &metrics,
                           [] { return absl::OkStatus(); });
  REQUIRE_FALSE(second.ok());
  CHECK(ReasonOf(second.status()) == Reason::kAddressInUse);
  CHECK(std::string(second.status().message()).find("--metrics-listen") != std::string::npos);
  served.server->Stop();
  served.server->Stop();
  served.server.reset();
  CHECK(ReadAll(open).empty());
}

}  // namespace
}  // namespace leasehold
