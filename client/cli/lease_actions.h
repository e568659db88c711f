#ifndef LEASEHOLD_CLIENT_CLI_LEASE_ACTIONS_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_ACTIONS_H_

#include "absl/status/statusor.h"
#include "client/cli/terminal/exit_status.h"

namespace leasehold {

class Session;

// What an agent does with a lease; lease.cc has the flags of each.
absl::StatusOr<ExitStatus> AcquireLease(Session& session);
absl::StatusOr<ExitStatus> RenewLease(Session& session);
absl::StatusOr<ExitStatus> ReleaseLeases(Session& session);
absl::StatusOr<ExitStatus> AuthorizeUse(Session& session);
absl::StatusOr<ExitStatus> CheckLease(Session& session);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_ACTIONS_H_
