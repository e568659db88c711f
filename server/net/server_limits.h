#ifndef LEASEHOLD_SERVER_NET_SERVER_LIMITS_H_
#define LEASEHOLD_SERVER_NET_SERVER_LIMITS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "server/net/socket/connection_limits.h"

namespace grpc {
class ServerBuilder;
}  // namespace grpc

namespace leasehold {

// Gives the server that `builder` makes its limits: memory, threads of the synchronous API, size of
// a request and its headers, calls per connection, the time a handshake may take, and how soon a
// dead peer is noticed. The reasons stand beside the constants in the .cc file.
void LimitServer(grpc::ServerBuilder& builder, size_t memory_bytes = kGrpcMemoryBytes);

// Raises the soft limit of open descriptors to what the listeners admit together, or as far as the
// hard limit allows (then with a warning in the log). Called by main before it listens. IO where
// the system refuses.
absl::Status RaiseDescriptorLimit();

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_SERVER_LIMITS_H_
