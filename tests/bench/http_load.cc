#include "tests/bench/http_load.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 ";
constexpr std::string_view kContentLength = "content-length:";
// Longer than any server takes that is alive, under a sanitizer too.
constexpr int kSilenceMaxMs = 60'000;

absl::Status Failed(std::string_view what) {
  return Error(Reason::kInternal, StrCat("the load over HTTP failed: ", what));
}

absl::StatusOr<int> Connect(const std::string& address) {
  const size_t colon = address.rfind(':');
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(static_cast<uint16_t>(std::stoi(address.substr(colon + 1))));
  inet_pton(AF_INET, address.substr(0, colon).c_str(), &peer.sin_addr);
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect(fd, reinterpret_cast<sockaddr*>(&peer), sizeof(peer)) != 0) {
    if (fd >= 0) close(fd);
    return Failed("cannot connect");
  }
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  return fd;
}

// The length that the head gives its body; 0 where it says nothing.
size_t BodyBytes(std::string_view head) {
  for (size_t line = head.find("\r\n"); line != std::string_view::npos;
       line = head.find("\r\n", line)) {
    line += 2;
    std::string_view rest = head.substr(line);
    if (rest.size() > kContentLength.size() &&
        strncasecmp(rest.data(), kContentLength.data(), kContentLength.size()) == 0) {
      rest.remove_prefix(rest.find_first_of("0123456789"));
      size_t bytes = 0;
      std::from_chars(rest.data(), rest.data() + rest.size(), bytes);
      return bytes;
    }
  }
  return 0;
}

// One connection and the answer that is on its way.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  LoadRecorder::Clock::time_point started() const { return started_; }

  absl::Status Send(const std::string& request) {
    answer_.clear();
    started_ = LoadRecorder::Clock::now();
    const ssize_t sent = send(fd_, request.data(), request.size(), MSG_NOSIGNAL);
    return sent == static_cast<ssize_t>(request.size()) ? absl::OkStatus() : Failed("cannot send");
  }

  // Whether the answer is whole now.
  absl::StatusOr<bool> Receive() {
    std::array<char, 16384> bytes;
    const ssize_t size = read(fd_, bytes.data(), bytes.size());
    if (size <= 0) return Failed("the connection was closed");
    answer_.append(bytes.data(), static_cast<size_t>(size));
    const size_t end = answer_.find(kHeadEnd);
    if (end == std::string::npos) return false;
    if (!answer_.starts_with(kOk)) {
      return Failed(StrCat("answered ", answer_.substr(0, answer_.find("\r\n"))));
    }
    return answer_.size() >= end + kHeadEnd.size() + BodyBytes(answer_.substr(0, end));
  }

 private:
  const int fd_;
  std::string answer_;
  LoadRecorder::Clock::time_point started_;
};

// Opens the connections, and closes what it opened.
class Client {
 public:
  Client() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}
  ~Client() { close(epoll_); }

  absl::Status Start(const HttpLoad& load) {
    for (int i = 0; i < load.connections; ++i) {
      ASSIGN_OR_RETURN(const int fd, Connect(load.address));
      connections_.push_back(std::make_unique<Connection>(fd));
      epoll_event event{.events = EPOLLIN, .data = {.ptr = connections_.back().get()}};
      epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
      RETURN_IF_ERROR(connections_.back()->Send(load.request));
    }
    return absl::OkStatus();
  }

  // Until the window is over; answers that are then on their way are left.
  absl::Status Run(const HttpLoad& load, LoadRecorder& recorder) {
    std::array<epoll_event, 64> events;
    for (;;) {
      const int ready =
          epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), kSilenceMaxMs);
      if (ready <= 0) return Failed("no answer");
      for (int i = 0; i < ready; ++i) {
        auto& connection = *static_cast<Connection*>(events[i].data.ptr);
        ASSIGN_OR_RETURN(const bool whole, connection.Receive());
        if (!whole) continue;
        if (!recorder.Ended(connection.started(), LoadRecorder::Clock::now())) {
          return absl::OkStatus();
        }
        RETURN_IF_ERROR(connection.Send(load.request));
      }
    }
  }

 private:
  const int epoll_;
  std::vector<std::unique_ptr<Connection>> connections_;
};

}  // namespace

absl::StatusOr<LoadFigures> RunHttpLoad(const HttpLoad& load, const LoadWindow& window,
                                        pid_t server) {
  Client client;
  RETURN_IF_ERROR(client.Start(load));
  LoadRecorder recorder(window, server);
  RETURN_IF_ERROR(client.Run(load, recorder));
  return recorder.Figures();
}

}  // namespace leasehold
