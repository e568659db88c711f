#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_VERIFY_EXPORT_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_VERIFY_EXPORT_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/ledger/verify/verify.h"

namespace leasehold::v1 {
class ExportRecord;
}

namespace leasehold {

// Verification of an export, record by record, from a file or straight from a server. What only a
// database has (tiles, ciphertext, keys, summaries) is not in it; instead it ends with a signed
// checkpoint, whose signature is checked by the key that the ledger itself names.
//
// Belongs to one thread.
class ExportVerifier {
 public:
  explicit ExportVerifier(const VerifyOptions& options);
  ~ExportVerifier();

  // The next record. INVALID_ARGUMENT where what comes is no export: another format, records in
  // another order. After an error it is of no use.
  absl::Status Add(const v1::ExportRecord& record);

  // After the last record. INVALID_ARGUMENT where the export has no end.
  absl::StatusOr<VerifyReport> Finish();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// The export in a file; see export_file.h. INVALID_ARGUMENT as above, and IO.
absl::StatusOr<VerifyReport> VerifyExportFile(const std::string& path,
                                              const VerifyOptions& options);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_VERIFY_EXPORT_H_
