#ifndef LEASEHOLD_CLIENT_CLI_LEASE_TOKEN_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_TOKEN_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"

namespace leasehold {

class Session;

// --token-file
Flag LeaseTokenFlag();

// The lease token (or handle) from --token-file FILE ("-" is the standard input), else from
// LEASEHOLD_LEASE_TOKEN; surrounding white space is dropped. Usage error where there is none. It is
// never an argument: those can be seen by everybody on the machine.
absl::StatusOr<std::string> ReadLeaseToken(Session& session);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_TOKEN_H_
