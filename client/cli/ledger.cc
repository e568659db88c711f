#include "client/cli/commands.h"

namespace leasehold {

Command LedgerCommand() {
  return {
      .name = "ledger",
      .summary = "read the ledger and check that nobody changed it",
      .examples = {"leasehold ledger list --since today"},
      .commands = {LedgerListCommand(), LedgerTailCommand(), LedgerVerifyCommand(),
                   LedgerCheckpointCommand(), LedgerExportCommand()},
  };
}

}  // namespace leasehold
