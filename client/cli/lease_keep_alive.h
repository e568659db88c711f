#ifndef LEASEHOLD_CLIENT_CLI_LEASE_KEEP_ALIVE_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_KEEP_ALIVE_H_

#include "client/cli/arguments/command.h"

namespace leasehold {

// `lease keep-alive`
Command LeaseKeepAliveCommand();

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_KEEP_ALIVE_H_
