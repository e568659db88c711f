#ifndef LEASEHOLD_CLIENT_CLI_LEASE_ANSWER_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_ANSWER_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/arguments/parser.h"
#include "client/cli/terminal/exit_status.h"

namespace leasehold {

namespace v1 {
class AcquireLeaseResponse;
}  // namespace v1
class Session;

// How a new lease is printed: whole, or with --print one thing alone.

// --print
Flag PrintFlag();
// Before the lease is asked for, so that none is taken and then not shown.
absl::Status CheckPrintFlag(const Arguments& args);
absl::StatusOr<ExitStatus> PrintLease(Session& session, const v1::AcquireLeaseResponse& response);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_ANSWER_H_
