#ifndef LEASEHOLD_SERVER_NET_SOCKET_CONNECTION_LIMITS_H_
#define LEASEHOLD_SERVER_NET_SOCKET_CONNECTION_LIMITS_H_

#include <cstddef>

namespace leasehold {

// How many connections may be open at once at one listener, in all and by one peer.
struct ConnectionLimits {
  size_t total = 0;
  size_t per_peer = 0;
};

// Each way in has limits of its own, so that a crowd at one cannot keep people out of another:
// while agents flood theirs, an operator still reaches the admin and the revoke socket. In all
// 1,280, which leaves descriptors for broker and storage. Over TCP the peer is an address, and all
// local clients share 127.0.0.1; at a socket it is an OS user.
inline constexpr ConnectionLimits kTcpLimits = {.total = 512, .per_peer = 256};
inline constexpr ConnectionLimits kAgentLimits = {.total = 512, .per_peer = 128};
inline constexpr ConnectionLimits kAdapterLimits = {.total = 128, .per_peer = 64};
inline constexpr ConnectionLimits kAdminLimits = {.total = 64, .per_peer = 64};
inline constexpr ConnectionLimits kRevokeLimits = {.total = 64, .per_peer = 64};

// What gRPC's buffers may take in each server: 256 MiB is 4,000 requests with the largest version
// at once.
inline constexpr size_t kGrpcMemoryBytes = size_t{256} << 20;

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_SOCKET_CONNECTION_LIMITS_H_
