#include "tests/integration/broker/raw_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "server/base/check.h"

namespace leasehold {
namespace {

constexpr timeval kPatience{.tv_sec = 20, .tv_usec = 0};

}  // namespace

RawSocket RawSocket::ConnectTo(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(std::atoi(address.c_str() + colon + 1)));
  LEASEHOLD_CHECK(inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr) == 1);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  LEASEHOLD_CHECK(fd >= 0);
  LEASEHOLD_CHECK(connect(fd, reinterpret_cast<const sockaddr*>(&peer), sizeof(peer)) == 0);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kPatience, sizeof(kPatience));
  return RawSocket(fd);
}

RawSocket::~RawSocket() { Close(); }

RawSocket::RawSocket(RawSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      ssl_(std::exchange(other.ssl_, nullptr)),
      input_(std::move(other.input_)) {}

bool RawSocket::AcceptTls(SSL_CTX* context) {
  // OpenSSL writes with write(2), which raises this where the client has gone already, and would
  // end the test program without a word.
  std::signal(SIGPIPE, SIG_IGN);
  ssl_ = SSL_new(context);
  SSL_set_fd(ssl_, fd_);
  return SSL_accept(ssl_) == 1;
}

bool RawSocket::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ssl_ != nullptr
                             ? SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size()))
                             : send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<size_t>(sent));
  }
  return true;
}

std::string RawSocket::ReadUntil(std::string_view mark) {
  size_t found = 0;
  while ((found = input_.find(mark)) == std::string::npos) {
    if (!ReadSome()) return Take(input_.size());
  }
  return Take(found + mark.size());
}

std::string RawSocket::ReadBytes(size_t count) {
  while (input_.size() < count && ReadSome()) {
  }
  return Take(std::min(count, input_.size()));
}

std::string RawSocket::ReadToEnd() {
  while (ReadSome()) {
  }
  return Take(input_.size());
}

void RawSocket::FinishWriting() { shutdown(fd_, SHUT_WR); }

void RawSocket::Close() {
  if (ssl_ != nullptr) SSL_free(std::exchange(ssl_, nullptr));
  if (fd_ >= 0) close(std::exchange(fd_, -1));
}

bool RawSocket::ReadSome() {
  char bytes[16 * 1024];
  const ssize_t got =
      ssl_ != nullptr ? SSL_read(ssl_, bytes, sizeof(bytes)) : recv(fd_, bytes, sizeof(bytes), 0);
  if (got <= 0) return false;
  input_.append(bytes, static_cast<size_t>(got));
  return true;
}

std::string RawSocket::Take(size_t count) {
  std::string taken = input_.substr(0, count);
  input_.erase(0, count);
  return taken;
}

std::string RawResponse::Field(std::string_view name) const {
  const size_t at = head.find("\r\n" + std::string(name) + ": ");
  if (at == std::string::npos) return {};
  const size_t begin = at + name.size() + 4;
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

RawResponse ReadResponse(RawSocket* socket, bool to_head) {
  RawResponse response;
  response.head = socket->ReadUntil("\r\n\r\n");
  if (response.head.size() < 12) return response;
  response.status = std::atoi(response.head.c_str() + 9);
  if (to_head) return response;
  const std::string length = response.Field("Content-Length");
  if (!length.empty()) {
    response.body = socket->ReadBytes(std::strtoul(length.c_str(), nullptr, 10));
  } else if (response.Field("Transfer-Encoding") == "chunked") {
    response.body = socket->ReadUntil("0\r\n\r\n");
  }
  return response;
}

}  // namespace leasehold
