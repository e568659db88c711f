#ifndef LEASEHOLD_CLIENT_CLI_POLICY_COMMANDS_H_
#define LEASEHOLD_CLIENT_CLI_POLICY_COMMANDS_H_

#include "client/cli/arguments/command.h"

namespace leasehold {

// Commands below `leasehold policy` that answer questions and change nothing.
Command PolicyExplainCommand();
Command PolicyTestCommand();
Command PolicyReplayCommand();
Command PolicySuggestCommand();

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_POLICY_COMMANDS_H_
