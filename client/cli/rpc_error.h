#ifndef LEASEHOLD_CLIENT_CLI_RPC_ERROR_H_
#define LEASEHOLD_CLIENT_CLI_RPC_ERROR_H_

#include <string_view>

#include "absl/status/status.h"

namespace grpc {
class Status;
}  // namespace grpc

namespace leasehold {

// What a call came to, as one of our own errors: the reason from its ErrorInfo where it has one,
// else an error with the exit status that the canonical code has. `server` is the address that was
// called; it stands in the sentence where nobody answered.
absl::Status RpcError(const grpc::Status& status, std::string_view server);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_RPC_ERROR_H_
