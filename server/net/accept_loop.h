#ifndef LEASEHOLD_SERVER_NET_ACCEPT_LOOP_H_
#define LEASEHOLD_SERVER_NET_ACCEPT_LOOP_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "server/net/socket/connection_limits.h"
#include "server/net/socket/owned_fd.h"

namespace leasehold {

// One thread that accepts at several listeners, keeps their limits and hands each connection on.
// A connection beyond a limit, or one that its listener does not want, is closed before anybody has
// read a byte of it; the log says so, one line in ten seconds.
class AcceptLoop {
 public:
  // Who has connected.
  struct Peer {
    std::optional<uid_t> uid;  // at a Unix socket, from SO_PEERCRED
    std::string name;          // "127.0.0.1", "2001:db8:1:2::/64", "uid=33"; what limits count by
  };

  struct Listener {
    std::string name;  // for the log
    int fd = -1;       // listening and non-blocking; stays open until Stop()
    ConnectionLimits limits;
    // Takes a non-blocking connection. Returns false without touching it where this peer may not
    // come in here. `peer` is only there for the call; on the loop's thread, must not block.
    absl::AnyInvocable<bool(const Peer& peer, OwnedFd& connection)> take;
  };

  // `thread_name` has at most 15 bytes.
  AcceptLoop(std::string thread_name, std::vector<Listener> listeners);
  ~AcceptLoop();
  AcceptLoop(const AcceptLoop&) = delete;
  AcceptLoop& operator=(const AcceptLoop&) = delete;

  // At most once. IO where the system has no descriptors left.
  absl::Status Start();
  // Returns when the thread has ended: `take` does not run afterwards. Without effect where it
  // does not run. Not from the loop's own thread.
  void Stop();

 private:
  struct Door;

  void Run();
  void Accept(Door& door);
  void Refuse(const Door& door, const Peer& peer, std::string_view why);

  const std::string thread_name_;
  std::vector<Door> doors_;  // Of the loop's thread while that runs.
  OwnedFd stop_event_;
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_ACCEPT_LOOP_H_
