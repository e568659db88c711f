#ifndef LEASEHOLD_CLIENT_CLI_LEDGER_EXPORT_H_
#define LEASEHOLD_CLIENT_CLI_LEDGER_EXPORT_H_

#include <cstdint>
#include <iosfwd>

#include "absl/status/statusor.h"

namespace leasehold {

class Session;

// Writes the server's whole ledger to `out`, as export_file.h describes it. The number of entries;
// an error where the stream ended early, so that a cut export is never taken for a whole one.
absl::StatusOr<uint64_t> WriteExport(Session& session, std::ostream* out);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEDGER_EXPORT_H_
