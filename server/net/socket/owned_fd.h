#ifndef LEASEHOLD_SERVER_NET_SOCKET_OWNED_FD_H_
#define LEASEHOLD_SERVER_NET_SOCKET_OWNED_FD_H_

#include <unistd.h>

#include <utility>

namespace leasehold {

// A file descriptor that is closed when its owner goes away. Not for files: closing one of those
// can fail, and that matters.
class OwnedFd {
 public:
  OwnedFd() = default;
  explicit OwnedFd(int fd) : fd_(fd) {}
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    if (this != &other) Reset(std::exchange(other.fd_, -1));
    return *this;
  }
  ~OwnedFd() { Reset(); }

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }
  // The caller closes it from now on.
  [[nodiscard]] int Release() { return std::exchange(fd_, -1); }
  void Reset(int fd = -1) {
    if (fd_ >= 0) close(fd_);
    fd_ = fd;
  }

 private:
  int fd_ = -1;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_SOCKET_OWNED_FD_H_
