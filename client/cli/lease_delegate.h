#ifndef LEASEHOLD_CLIENT_CLI_LEASE_DELEGATE_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_DELEGATE_H_

#include "client/cli/arguments/command.h"

namespace leasehold {

// `lease delegate`
Command DelegateCommand();

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_DELEGATE_H_
