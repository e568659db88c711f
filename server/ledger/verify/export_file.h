#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_EXPORT_FILE_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_EXPORT_FILE_H_

// An export as a file: the records of LedgerService.ExportEntries as they come, each as a varint of
// its length (protobuf's) and its bytes. The header is the first record, so a file begins with its
// format; the checkpoint is the last, so a file that was cut is known.

#include <cstddef>
#include <functional>
#include <iosfwd>
#include <string>

#include "absl/status/status.h"

namespace leasehold::v1 {
class ExportRecord;
}

namespace leasehold {

// The longest record is a body: a policy set that the server took in one message of gRPC.
inline constexpr size_t kExportRecordBytesMax = size_t{64} << 20;

// Appends a record. IO where the stream does not take it.
absl::Status WriteExportRecord(const v1::ExportRecord& record, std::ostream* out);

// Calls `visit` for each record until it returns an error, which is returned. IO where the file
// cannot be read, INVALID_ARGUMENT where it is not made of records.
absl::Status ReadExportFile(const std::string& path,
                            const std::function<absl::Status(const v1::ExportRecord&)>& visit);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_EXPORT_FILE_H_
