#include "tests/integration/broker/test_upstream.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "server/base/check.h"

namespace leasehold {

TestUpstream::TestUpstream(Handler handler, SSL_CTX* tls)
    : handler_(std::move(handler)), tls_(tls), listener_(socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in self{};
  self.sin_family = AF_INET;
  self.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(self);
  LEASEHOLD_CHECK(bind(listener_, reinterpret_cast<sockaddr*>(&self), size) == 0);
  LEASEHOLD_CHECK(listen(listener_, 64) == 0);
  LEASEHOLD_CHECK(getsockname(listener_, reinterpret_cast<sockaddr*>(&self), &size) == 0);
  address_ = "127.0.0.1:" + std::to_string(ntohs(self.sin_port));
  accepting_ = std::thread([this] { Accept(); });
}

TestUpstream::~TestUpstream() {
  shutdown(listener_, SHUT_RDWR);
  accepting_.join();
  close(listener_);
  {
    absl::MutexLock lock(&mu_);
    for (const int fd : open_) shutdown(fd, SHUT_RDWR);
  }
  for (std::thread& thread : threads_) thread.join();
}

std::string TestUpstream::ReadHead(RawSocket* socket) {
  std::string head = socket->ReadUntil("\r\n\r\n");
  if (!head.empty()) {
    absl::MutexLock lock(&mu_);
    heads_.push_back(head);
  }
  return head;
}

std::vector<std::string> TestUpstream::heads() const {
  absl::MutexLock lock(&mu_);
  return heads_;
}

int TestUpstream::connections() const {
  absl::MutexLock lock(&mu_);
  return connections_;
}

void TestUpstream::AwaitHandled(int count) {
  const auto there = [this, count]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return handled_ >= count; };
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(&there));
}

void TestUpstream::Echo(TestUpstream* upstream, RawSocket* socket) {
  for (;;) {
    std::string request = upstream->ReadHead(socket);
    if (request.empty()) return;
    const bool to_head = request.rfind("HEAD ", 0) == 0;
    const size_t at = request.find("\r\nContent-Length: ");
    if (at != std::string::npos) {
      request += socket->ReadBytes(std::strtoul(request.c_str() + at + 18, nullptr, 10));
    }
    if (request.find("\r\nTransfer-Encoding: chunked\r\n") != std::string::npos) {
      request += socket->ReadUntil("0\r\n\r\n");
    }
    std::string response =
        "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(request.size()) + "\r\n\r\n";
    if (!to_head) response += request;
    if (!socket->Write(response)) return;
  }
}

TestUpstream::Handler TestUpstream::Answering(std::string response) {
  return [response = std::move(response)](TestUpstream* upstream, RawSocket* socket) {
    while (!upstream->ReadHead(socket).empty()) socket->Write(response);
  };
}

void TestUpstream::Accept() {
  for (;;) {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    {
      absl::MutexLock lock(&mu_);
      ++connections_;
      open_.insert(fd);
    }
    threads_.emplace_back([this, fd] { Serve(fd); });
  }
}

void TestUpstream::Serve(int fd) {
  RawSocket socket(fd);
  if (tls_ == nullptr || socket.AcceptTls(tls_)) handler_(this, &socket);
  absl::MutexLock lock(&mu_);
  // Under the lock, so that the number is not shut down after it was given to somebody else.
  open_.erase(fd);
  socket.Close();
  ++handled_;
}

}  // namespace leasehold
