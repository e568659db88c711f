#ifndef LEASEHOLD_CLIENT_CLI_ENTRY_ROWS_H_
#define LEASEHOLD_CLIENT_CLI_ENTRY_ROWS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"
#include "client/cli/arguments/parser.h"
#include "leasehold/v1/ledger.pb.h"

namespace leasehold {

// What `ledger list` and `ledger tail` have in common.

// --kind, --agent, --secret, --workflow, --target, --lease, --denied
std::vector<Flag> EntryFilterFlags();
absl::StatusOr<v1::ListEntriesRequest> ParseEntryFilter(const Arguments& args);

// `error` with the kind that was probably meant. The server decides what is a kind: a later one has
// kinds that this build does not know.
absl::Status WithNearKind(const absl::Status& error, const v1::ListEntriesRequest& request);

std::vector<std::string> EntryColumns();
// As many as columns.
std::vector<std::string> EntryCells(const v1::LedgerEntry& entry);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_ENTRY_ROWS_H_
