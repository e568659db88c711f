#ifndef LEASEHOLD_SERVER_NET_SERVER_LIMITS_H_
#define LEASEHOLD_SERVER_NET_SERVER_LIMITS_H_

#include <cstddef>

#include "absl/status/status.h"

namespace grpc {
class ServerBuilder;
}  // namespace grpc

namespace leasehold {

// What gRPC may use of the machine, for all its servers' buffers together per server: 256 MiB is
// 4,000 requests of the largest secret at once.
inline constexpr size_t kGrpcMemoryBytes = size_t{256} << 20;

// Gives the server that `builder` makes its limits: memory, size of a request and its headers,
// calls per connection, the time a handshake may take, and how soon a dead peer is noticed. The
// reasons stand beside the constants in the .cc file.
void LimitServer(grpc::ServerBuilder& builder, size_t memory_bytes = kGrpcMemoryBytes);

// Raises the soft limit of open descriptors to what the listeners admit together, or as far as the
// hard limit allows (then with a warning in the log). Called by main before it listens. IO where
// the system refuses.
absl::Status RaiseDescriptorLimit();

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_SERVER_LIMITS_H_
