#ifndef LEASEHOLD_SERVER_NET_CONNECTION_COUNTER_H_
#define LEASEHOLD_SERVER_NET_CONNECTION_COUNTER_H_

#include <sys/types.h>

#include <cstddef>
#include <map>
#include <string>
#include <vector>

#include "server/net/socket/connection_limits.h"

namespace leasehold {

// Counts the live connections of one listener, in all and by peer.
//
// gRPC owns a socket after it was handed over and does not say when it closes it. What we know is
// the descriptor's number and the socket's inode, which no other socket has while this one lives:
// as long as fstat() of that number shows that inode, the connection is alive. So closed
// connections are not noticed but looked for, and only when a limit seems to be reached: one
// fstat() each, 0.2 ms for 512. (Watching a duplicate of the descriptor was the alternative. It
// keeps the socket in gRPC's epoll set after gRPC has closed its own descriptor, and epoll then
// reports events for an object that gRPC has already given to another connection.)
//
// Holds only while the new owner neither duplicates the descriptor nor moves it to another number;
// tests/unit/server/net watches that. Used by one thread.
class ConnectionCounter {
 public:
  explicit ConnectionCounter(ConnectionLimits limits) : limits_(limits) {}

  // Whether one more connection of `peer` is within the limits.
  bool Admits(const std::string& peer);
  // Counts the connection behind `fd` until it is closed. Called before the descriptor is handed
  // over, so that it cannot have been closed yet.
  void Add(const std::string& peer, int fd);
  // How many are alive, after looking.
  size_t Live();

 private:
  struct Connection {
    int fd;
    dev_t device;
    ino_t inode;
    std::string peer;
  };

  bool WithinLimits(const std::string& peer) const;
  void Sweep();

  const ConnectionLimits limits_;
  std::vector<Connection> connections_;     // Some may be closed already; at most limits_.total.
  std::map<std::string, size_t> per_peer_;  // Of connections_.
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_CONNECTION_COUNTER_H_
