#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <unordered_map>

#include "server/base/str_cat.h"
#include "tests/bench/peers.h"

namespace leasehold {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";

// A small JSON answer, as APIs give them.
std::string MakeAnswer() {
  const std::string body(256, 'j');
  return StrCat("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: ",
                body.size(), kHeadEnd, body);
}

int Listen() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  if (fd < 0 || bind(fd, generic, size) != 0 || listen(fd, SOMAXCONN) != 0 ||
      getsockname(fd, generic, &size) != 0) {
    return -1;
  }
  AnnouncePort(ntohs(address.sin_port));
  return fd;
}

// Answers GET requests, which end with their heads. It trusts its peer: only the broker and the
// bench program connect.
class Upstream {
 public:
  explicit Upstream(int listener) : listener_(listener), epoll_(epoll_create1(EPOLL_CLOEXEC)) {
    Watch(listener_);
  }

  void Run() {
    std::array<epoll_event, 64> events;
    for (;;) {
      const int ready = epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i) {
        if (events[i].data.fd == listener_) {
          Accept();
        } else {
          Serve(events[i].data.fd);
        }
      }
    }
  }

 private:
  void Watch(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void Accept() {
    const int fd = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (fd < 0) return;
    const int on = 1;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    Watch(fd);
  }

  void Serve(int fd) {
    std::array<char, 16384> bytes;
    const ssize_t size = read(fd, bytes.data(), bytes.size());
    if (size <= 0) {
      partial_.erase(fd);
      close(fd);
      return;
    }
    std::string& head = partial_[fd];
    head.append(bytes.data(), static_cast<size_t>(size));
    for (size_t end = head.find(kHeadEnd); end != std::string::npos; end = head.find(kHeadEnd)) {
      head.erase(0, end + kHeadEnd.size());
      // Shorter than any socket's buffer, so it is written in one piece.
      send(fd, answer_.data(), answer_.size(), MSG_NOSIGNAL);
    }
  }

  const int listener_;
  const int epoll_;
  const std::string answer_ = MakeAnswer();
  std::unordered_map<int, std::string> partial_;
};

}  // namespace

int RunHttpUpstream() {
  const int listener = Listen();
  if (listener < 0) return 1;
  Upstream(listener).Run();
  return 0;
}

}  // namespace leasehold
