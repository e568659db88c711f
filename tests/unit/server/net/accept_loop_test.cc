#include "server/net/accept_loop.h"

#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <mutex>

#include "server/base/status.h"
#include "server/net/socket/listen_tcp.h"
#include "server/net/socket/unix_listener.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

// Keeps what a loop hands on. Says one byte to each, so that a client can tell "taken" from
// "closed".
class Taken {
 public:
  bool Take(const AcceptLoop::Peer& peer, OwnedFd& connection) {
    const std::lock_guard lock(mu_);
    if (!taking_) return false;
    REQUIRE(send(connection.get(), "t", 1, MSG_NOSIGNAL) == 1);
    peers_.push_back(peer);
    connections_.push_back(std::move(connection));
    return true;
  }
  void Refuse() {
    const std::lock_guard lock(mu_);
    taking_ = false;
  }
  void CloseOne() {
    const std::lock_guard lock(mu_);
    connections_.pop_back();
  }
  std::vector<AcceptLoop::Peer> peers() {
    const std::lock_guard lock(mu_);
    return peers_;
  }

 private:
  std::mutex mu_;
  bool taking_ = true;
  std::vector<AcceptLoop::Peer> peers_;
  std::vector<OwnedFd> connections_;
};

OwnedFd ConnectTo(int listener) {
  sockaddr_storage address{};
  socklen_t length = sizeof(address);
  REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) == 0);
  OwnedFd fd(socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), length) == 0);
  return fd;
}

// Waits until the loop has decided.
bool WasTaken(const OwnedFd& client) {
  char byte = 0;
  return recv(client.get(), &byte, 1, 0) == 1;
}

AcceptLoop::Listener ListenerOf(const OwnedFd& fd, ConnectionLimits limits, Taken* taken) {
  return {.name = "test",
          .fd = fd.get(),
          .limits = limits,
          .take = [taken](const AcceptLoop::Peer& peer, OwnedFd& connection) {
            return taken->Take(peer, connection);
          }};
}

TEST_CASE("connections beyond a listener's limit are closed, until one has ended", "[net]") {
  const auto fd = ListenTcp(SocketAddress::LoopbackV4(0), "--listen");
  REQUIRE(fd.ok());
  const auto other_fd = ListenTcp(SocketAddress::LoopbackV4(0), "--listen");
  REQUIRE(other_fd.ok());
  Taken taken;
  Taken other_taken;
  std::vector<AcceptLoop::Listener> listeners;
  listeners.push_back(ListenerOf(*fd, {.total = 2, .per_peer = 2}, &taken));
  listeners.push_back(ListenerOf(*other_fd, {.total = 1, .per_peer = 1}, &other_taken));
  AcceptLoop loop("test", std::move(listeners));
  REQUIRE(loop.Start().ok());

  const OwnedFd first = ConnectTo(fd->get());
  CHECK(WasTaken(first));
  const OwnedFd second = ConnectTo(fd->get());
  CHECK(WasTaken(second));
  CHECK_FALSE(WasTaken(ConnectTo(fd->get())));
  // The other listener has its own.
  const OwnedFd other = ConnectTo(other_fd->get());
  CHECK(WasTaken(other));
  CHECK_FALSE(WasTaken(ConnectTo(other_fd->get())));

  taken.CloseOne();
  const OwnedFd third = ConnectTo(fd->get());
  CHECK(WasTaken(third));
  CHECK_FALSE(WasTaken(ConnectTo(fd->get())));
  for (const AcceptLoop::Peer& peer : taken.peers()) {
    CHECK(peer.name == "127.0.0.1");
    CHECK_FALSE(peer.uid.has_value());
  }
}

TEST_CASE("a peer at a Unix socket is known by its user", "[net]") {
  const TempFolder folder;
  const auto listener = UnixListener::Listen(folder.File("s"), 0600);
  REQUIRE(listener.ok());
  Taken taken;
  std::vector<AcceptLoop::Listener> listeners;
  listeners.push_back({.name = "s",
                       .fd = listener->fd(),
                       .limits = {.total = 1, .per_peer = 1},
                       .take = [&taken](const AcceptLoop::Peer& peer, OwnedFd& connection) {
                         return taken.Take(peer, connection);
                       }});
  AcceptLoop loop("test", std::move(listeners));
  REQUIRE(loop.Start().ok());
  const OwnedFd client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_storage address{};
  address.ss_family = AF_UNIX;
  std::copy(listener->path().begin(), listener->path().end(),
            reinterpret_cast<char*>(&address) + sizeof(sa_family_t));
  REQUIRE(connect(client.get(), reinterpret_cast<const sockaddr*>(&address),
                  static_cast<socklen_t>(sizeof(sa_family_t) + listener->path().size() + 1)) == 0);
  CHECK(WasTaken(client));
  REQUIRE(taken.peers().size() == 1);
  CHECK(taken.peers()[0].uid == geteuid());
  CHECK(taken.peers()[0].name == "uid=" + std::to_string(geteuid()));
}

TEST_CASE("a connection that its listener does not want is closed and frees its place", "[net]") {
  const auto fd = ListenTcp(SocketAddress::LoopbackV4(0), "--listen");
  REQUIRE(fd.ok());
  Taken taken;
  taken.Refuse();
  std::vector<AcceptLoop::Listener> listeners;
  listeners.push_back(ListenerOf(*fd, {.total = 1, .per_peer = 1}, &taken));
  AcceptLoop loop("test", std::move(listeners));
  REQUIRE(loop.Start().ok());
  for (int i = 0; i < 10; ++i) CHECK_FALSE(WasTaken(ConnectTo(fd->get())));
}

TEST_CASE("a loop that has stopped takes nothing, and may stop twice or without a start", "[net]") {
  const auto fd = ListenTcp(SocketAddress::LoopbackV4(0), "--listen");
  REQUIRE(fd.ok());
  Taken taken;
  std::vector<AcceptLoop::Listener> listeners;
  listeners.push_back(ListenerOf(*fd, {.total = 1, .per_peer = 1}, &taken));
  AcceptLoop loop("test", std::move(listeners));
  loop.Stop();
  REQUIRE(loop.Start().ok());
  loop.Stop();
  const OwnedFd client = ConnectTo(fd->get());  // Into the kernel's queue.
  loop.Stop();
  CHECK(taken.peers().empty());
}

}  // namespace
}  // namespace leasehold
