#ifndef LEASEHOLD_CLIENT_CLI_COMMANDS_H_
#define LEASEHOLD_CLIENT_CLI_COMMANDS_H_

#include "client/cli/arguments/command.h"

namespace leasehold {

// The whole tree: `leasehold` and every command below it.
Command RootCommand();

// One function a noun or verb, each in the file of that name.
Command AgentCommand();
Command ApprovalCommand();
Command DoctorCommand();
Command GroupCommand();
Command HoldCommand();
Command LeaseCommand();
Command LedgerCommand();
Command LoginCommand();
Command LogoutCommand();
Command PolicyCommand();
Command ReadCommand();
Command ResumeCommand();
Command RevocationCommand();
Command RevokeCommand();
Command SecretCommand();
Command ServerCommand();
Command TargetCommand();
Command UsageCommand();
Command VersionCommand();
Command WhoamiCommand();

// Parts of the above, in files of their own.
Command AgentEnrollCommand();
Command AgentTokenCommand();
Command LedgerCheckpointCommand();
Command LedgerExportCommand();
Command LedgerListCommand();
Command LedgerTailCommand();
Command LedgerVerifyCommand();
Command SecretVersionCommand();
Command ServerInitCommand();
Command ServerRestoreCommand();
Command ServerRotateKeysCommand();
Command ServerUnsealCommand();

// Flags that several commands share.
Flag YesFlag();

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_COMMANDS_H_
