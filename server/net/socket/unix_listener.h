#ifndef LEASEHOLD_SERVER_NET_SOCKET_UNIX_LISTENER_H_
#define LEASEHOLD_SERVER_NET_SOCKET_UNIX_LISTENER_H_

#include <sys/types.h>

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/net/socket/owned_fd.h"

namespace leasehold {

// A listening Unix socket and its file. The file has its mode from the first moment on: it is bound
// inside a folder of mode 0700 and renamed into its place when it listens. The rename also replaces
// the file that a killed server left behind.
class UnixListener {
 public:
  // ADDRESS_IN_USE where a live process listens at `path`; CONFIG_INVALID where the path is too
  // long for a socket or something that is no socket lies there; IO for the rest. The folder has to
  // exist. Two servers that start at one path at the same moment are kept apart by the store's
  // lock, not here.
  static absl::StatusOr<UnixListener> Listen(const std::string& path, mode_t mode);

  UnixListener(UnixListener&& other) noexcept
      : fd_(std::move(other.fd_)),
        path_(std::exchange(other.path_, {})),
        device_(other.device_),
        inode_(other.inode_) {}
  UnixListener& operator=(UnixListener&&) = delete;
  // Stops listening and removes the file, unless another server's has taken its place.
  ~UnixListener();

  int fd() const { return fd_.get(); }
  const std::string& path() const { return path_; }

 private:
  UnixListener(OwnedFd fd, std::string path, dev_t device, ino_t inode)
      : fd_(std::move(fd)), path_(std::move(path)), device_(device), inode_(inode) {}

  OwnedFd fd_;
  std::string path_;  // Empty where moved from.
  dev_t device_;
  ino_t inode_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_SOCKET_UNIX_LISTENER_H_
