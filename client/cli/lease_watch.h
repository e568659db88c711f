#ifndef LEASEHOLD_CLIENT_CLI_LEASE_WATCH_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_WATCH_H_

#include "client/cli/arguments/command.h"

namespace leasehold {

// `lease watch`
Command LeaseWatchCommand();

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_WATCH_H_
