#include "server/net/connection_counter.h"

#include <sys/stat.h>

#include "server/base/check.h"

namespace leasehold {

bool ConnectionCounter::Admits(const std::string& peer) {
  if (WithinLimits(peer)) return true;
  Sweep();
  return WithinLimits(peer);
}

void ConnectionCounter::Add(const std::string& peer, int fd) {
  struct stat socket {};
  LEASEHOLD_CHECK(fstat(fd, &socket) == 0, "a connection that is counted is open");
  connections_.push_back({fd, socket.st_dev, socket.st_ino, peer});
  ++per_peer_[peer];
}

size_t ConnectionCounter::Live() {
  Sweep();
  return connections_.size();
}

bool ConnectionCounter::WithinLimits(const std::string& peer) const {
  if (connections_.size() >= limits_.total) return false;
  const auto it = per_peer_.find(peer);
  return (it == per_peer_.end() ? 0 : it->second) < limits_.per_peer;
}

void ConnectionCounter::Sweep() {
  std::erase_if(connections_, [this](const Connection& connection) {
    struct stat now {};
    const bool alive = fstat(connection.fd, &now) == 0 && now.st_dev == connection.device &&
                       now.st_ino == connection.inode;
    if (alive) return false;
    const auto it = per_peer_.find(connection.peer);
    if (--it->second == 0) per_peer_.erase(it);
    return true;
  });
}

}  // namespace leasehold
