#ifndef LEASEHOLD_SERVER_NET_SOCKET_LISTEN_TCP_H_
#define LEASEHOLD_SERVER_NET_SOCKET_LISTEN_TCP_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "server/net/socket/owned_fd.h"
#include "server/net/socket/socket_address.h"

namespace leasehold {

// How many finished handshakes may wait for accept. As many as a burst of clients needs while the
// accepting thread is busy; the kernel drops what is beyond and clients try again.
inline constexpr int kListenBacklog = 128;

// A non-blocking, close-on-exec socket that listens at `address` (IPv6 only where that is an IPv6
// address). `flag` is how an operator chooses the address ("--listen"), for the sentence.
// ADDRESS_IN_USE where somebody listens there, CONFIG_INVALID where this machine does not have the
// address or the port needs rights, IO for the rest.
absl::StatusOr<OwnedFd> ListenTcp(const SocketAddress& address, std::string_view flag);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_SOCKET_LISTEN_TCP_H_
