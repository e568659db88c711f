#include "server/net/accept_loop.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string_view>
#include <utility>

#include "absl/time/time.h"
#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/logging/log.h"
#include "server/logging/log_limiter.h"
#include "server/net/connection_counter.h"
#include "server/net/socket/socket_address.h"

namespace leasehold {
namespace {

// How long nothing is accepted after the system ran out of descriptors or memory: the connection
// stays in the queue, so poll would return at once and the loop would spin.
constexpr int kExhaustedPauseMs = 100;

// Connections taken from one listener before the others have their turn.
constexpr int kAcceptsPerTurn = 64;

constexpr absl::Duration kLogEvery = absl::Seconds(10);

// An IPv6 peer owns at least its /64 and can come from any address in it, so that is what counts.
std::string PeerName(const IpAddress& ip) {
  if (ip.is_v4()) return ip.ToString();
  sockaddr_storage storage{};
  storage.ss_family = AF_INET6;
  std::memcpy(&reinterpret_cast<sockaddr_in6*>(&storage)->sin6_addr, ip.bytes().data(), 8);
  return StrCat(IpAddress::From(storage)->ToString(), "/64");
}

// nullopt where the peer has gone already.
std::optional<AcceptLoop::Peer> PeerOf(int fd, const sockaddr_storage& address) {
  if (address.ss_family != AF_UNIX) {
    const auto ip = IpAddress::From(address);
    if (!ip.has_value()) return std::nullopt;
    return AcceptLoop::Peer{.uid = std::nullopt, .name = PeerName(*ip)};
  }
  ucred credentials{};
  socklen_t length = sizeof(credentials);
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return std::nullopt;
  return AcceptLoop::Peer{.uid = credentials.uid, .name = StrCat("uid=", credentials.uid)};
}

// gRPC writes a reply in one piece; Nagle's algorithm would hold it back for the peer's delayed
// acknowledgement.
void SetNoDelay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}

bool IsExhausted(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

}  // namespace

struct AcceptLoop::Door {
  explicit Door(Listener from) : listener(std::move(from)), counter(listener.limits) {}
  Listener listener;
  ConnectionCounter counter;
  bool exhausted = false;
};

AcceptLoop::AcceptLoop(std::string thread_name, std::vector<Listener> listeners)
    : thread_name_(std::move(thread_name)) {
  LEASEHOLD_CHECK(thread_name_.size() <= 15, "the kernel cuts longer thread names");
  doors_.reserve(listeners.size());
  for (Listener& listener : listeners) doors_.emplace_back(std::move(listener));
}

AcceptLoop::~AcceptLoop() { Stop(); }

absl::Status AcceptLoop::Start() {
  LEASEHOLD_CHECK(!thread_.joinable(), "an accept loop starts once");
  stop_event_.Reset(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!stop_event_.valid()) {
    return Error(Reason::kIo, StrCat("cannot start accepting: ", std::strerror(errno)));
  }
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

void AcceptLoop::Stop() {
  if (!thread_.joinable()) return;
  LEASEHOLD_CHECK(eventfd_write(stop_event_.get(), 1) == 0);
  thread_.join();
}

void AcceptLoop::Run() {
  pthread_setname_np(pthread_self(), thread_name_.c_str());
  std::vector<pollfd> polled(doors_.size() + 1);
  polled[0] = {.fd = stop_event_.get(), .events = POLLIN, .revents = 0};
  while (true) {
    int timeout_ms = -1;
    for (size_t i = 0; i < doors_.size(); ++i) {
      // poll ignores negative descriptors.
      const int fd = doors_[i].exhausted ? -1 : doors_[i].listener.fd;
      if (doors_[i].exhausted) timeout_ms = kExhaustedPauseMs;
      polled[i + 1] = {.fd = fd, .events = POLLIN, .revents = 0};
      doors_[i].exhausted = false;
    }
    const int ready = poll(polled.data(), polled.size(), timeout_ms);
    LEASEHOLD_CHECK(ready >= 0 || errno == EINTR || errno == ENOMEM, "poll of our own listeners");
    if (ready <= 0) continue;
    if (polled[0].revents != 0) return;
    for (size_t i = 0; i < doors_.size(); ++i) {
      if (polled[i + 1].revents != 0) Accept(doors_[i]);
    }
  }
}

void AcceptLoop::Accept(Door& door) {
  for (int i = 0; i < kAcceptsPerTurn; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof(address);
    OwnedFd connection(accept4(door.listener.fd, reinterpret_cast<sockaddr*>(&address), &length,
                               SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!connection.valid()) {
      // The others: the queue is empty, or this connection broke in the queue. poll tells.
      if (!IsExhausted(errno)) return;
      static LogLimiter limiter(kLogEvery);
      if (limiter.Admit()) {
        LogError("no connection can be accepted: the system is out of descriptors or memory",
                 {{"listener", door.listener.name}, {"error", std::strerror(errno)}});
      }
      door.exhausted = true;
      return;
    }
    const auto peer = PeerOf(connection.get(), address);
    if (!peer.has_value()) continue;
    if (!door.counter.Admits(peer->name)) {
      Refuse(door, *peer, "too many connections");
      continue;
    }
    if (address.ss_family != AF_UNIX) SetNoDelay(connection.get());
    // Counted first: once handed over it may be closed at any moment.
    door.counter.Add(peer->name, connection.get());
    if (!door.listener.take(*peer, connection)) Refuse(door, *peer, "this user may not connect");
  }
}

void AcceptLoop::Refuse(const Door& door, const Peer& peer, std::string_view why) {
  static LogLimiter limiter(kLogEvery);
  if (const auto left_out = limiter.Admit()) {
    LogWarning("a connection was refused", {{"listener", door.listener.name},
                                            {"peer", peer.name},
                                            {"why", why},
                                            {"left_out", *left_out}});
  }
}

}  // namespace leasehold
