#include "server/net/socket/unix_listener.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/socket/listen_tcp.h"

namespace leasehold {
namespace {

constexpr char kPrivateFolder[] = "/.lhXXXXXX";  // As mkdtemp wants it.
constexpr char kPrivateName[] = "/s";

absl::Status IoError(std::string_view doing, const std::string& path) {
  const int error = errno;
  return Error(Reason::kIo, StrCat("cannot ", doing, " ", path, ": ", std::strerror(error)));
}

std::optional<sockaddr_un> UnixAddress(const std::string& path) {
  sockaddr_un address{};
  if (path.empty() || path.size() >= sizeof(address.sun_path)) return std::nullopt;
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

OwnedFd UnixSocket() {
  return OwnedFd(socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

int Connect(int fd, const sockaddr_un& address) {
  return connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
}

// OK where `path` is free or holds a socket at which nobody listens any more.
absl::Status CheckReplaceable(const std::string& path, const sockaddr_un& address) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) {
    return errno == ENOENT ? absl::OkStatus() : IoError("look at", path);
  }
  if (!S_ISSOCK(file.st_mode)) {
    return Error(Reason::kConfigInvalid,
                 StrCat(path, " exists and is not a socket; move it away or choose another path"));
  }
  const OwnedFd probe = UnixSocket();
  if (!probe.valid()) return IoError("make a socket for", path);
  // EAGAIN: its queue is full, so it is alive.
  if (Connect(probe.get(), address) == 0 || errno == EAGAIN || errno == EINPROGRESS) {
    return Error(Reason::kAddressInUse,
                 StrCat(path, " is in use by another server; stop it or use another data folder"));
  }
  return errno == ECONNREFUSED || errno == ENOENT ? absl::OkStatus() : IoError("probe", path);
}

// Listens at `bound` inside `folder`, sets the mode and moves the file to `path`.
absl::Status BindAndMove(int fd, const std::string& bound, const std::string& path, mode_t mode,
                         struct stat* file) {
  const auto address = UnixAddress(bound);
  if (!address.has_value()) return Error(Reason::kConfigInvalid, StrCat(bound, " is too long"));
  if (bind(fd, reinterpret_cast<const sockaddr*>(&*address), sizeof(*address)) != 0) {
    return IoError("bind", path);
  }
  if (chmod(bound.c_str(), mode) != 0 || listen(fd, kListenBacklog) != 0 ||
      lstat(bound.c_str(), file) != 0 || rename(bound.c_str(), path.c_str()) != 0) {
    const absl::Status status = IoError("listen at", path);
    unlink(bound.c_str());
    return status;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<UnixListener> UnixListener::Listen(const std::string& path, mode_t mode) {
  const size_t slash = path.rfind('/');
  const std::string parent = slash == std::string::npos ? "." : path.substr(0, slash);
  std::string folder = parent + kPrivateFolder;
  const size_t longest = std::max(path.size(), folder.size() + std::strlen(kPrivateName));
  const auto address = UnixAddress(path);
  if (!address.has_value() || longest >= sizeof(sockaddr_un::sun_path)) {
    return Error(
        Reason::kConfigInvalid,
        StrCat("the path ", path, " is too long for a socket (", longest, " bytes, at most ",
               sizeof(sockaddr_un::sun_path) - 1, "); choose a shorter data folder"));
  }
  RETURN_IF_ERROR(CheckReplaceable(path, *address));
  OwnedFd fd = UnixSocket();
  if (!fd.valid()) return IoError("make a socket for", path);
  if (mkdtemp(folder.data()) == nullptr) return IoError("make a folder beside", path);
  struct stat file {};
  const absl::Status status = BindAndMove(fd.get(), folder + kPrivateName, path, mode, &file);
  rmdir(folder.c_str());
  RETURN_IF_ERROR(status);
  return UnixListener(std::move(fd), path, file.st_dev, file.st_ino);
}

UnixListener::~UnixListener() {
  if (path_.empty()) return;
  struct stat file {};
  if (lstat(path_.c_str(), &file) == 0 && file.st_dev == device_ && file.st_ino == inode_) {
    unlink(path_.c_str());
  }
}

}  // namespace leasehold
