#include "server/net/socket/listen_tcp.h"

#include <netinet/in.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::Status ListenError(int error, const SocketAddress& address, std::string_view flag) {
  const std::string text = address.ToString();
  switch (error) {
    case EADDRINUSE:
      return Error(Reason::kAddressInUse,
                   StrCat(text,
                          " is in use by another process; stop it or choose another address "
                          "with ",
                          flag));
    case EADDRNOTAVAIL:
      return Error(Reason::kConfigInvalid, StrCat("this machine does not have the address ", text,
                                                  "; choose one of its own with ", flag));
    case EACCES:
      return Error(Reason::kConfigInvalid,
                   StrCat("listening at ", text,
                          " needs more rights; choose a port above 1023 with ", flag));
    default:
      return Error(Reason::kIo, StrCat("cannot listen at ", text, ": ", std::strerror(error)));
  }
}

}  // namespace

absl::StatusOr<OwnedFd> ListenTcp(const SocketAddress& address, std::string_view flag) {
  sockaddr_storage storage;
  const socklen_t length = address.ToSockaddr(&storage);
  OwnedFd fd(socket(storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.valid()) return ListenError(errno, address, flag);
  const int on = 1;
  // On Linux this only allows an address whose old connections linger, never one that is listened
  // at; without it a restart would fail for a minute.
  if (setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0 ||
      (storage.ss_family == AF_INET6 &&
       setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on)) != 0) ||
      bind(fd.get(), reinterpret_cast<const sockaddr*>(&storage), length) != 0 ||
      listen(fd.get(), kListenBacklog) != 0) {
    return ListenError(errno, address, flag);
  }
  return fd;
}

}  // namespace leasehold
