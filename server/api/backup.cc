#include "server/api/backup.h"

#include <filesystem>
#include <memory>
#include <system_error>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/merkle_log.h"
#include "server/ledger/verify/verify.h"

namespace leasehold {
namespace {

absl::StatusOr<BackupMade> VerifyCopy(Store& store, const std::string& path) {
  ASSIGN_OR_RETURN(VerifyReport report, VerifyDatabase(path, {}));
  if (report.outcome != VerifyOutcome::kOk) {
    return Error(Reason::kLedgerViolation, report.findings.front().sentence);
  }
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store.NewView());
  ASSIGN_OR_RETURN(Hash root, MerkleLog::RootAt(*view, report.head.size));
  if (root != report.head.root) {
    return Error(Reason::kLedgerViolation, "it is not a copy of this ledger");
  }
  std::error_code error;
  BackupMade made{.head = report.head, .bytes = std::filesystem::file_size(path, error)};
  if (error) {
    return Error(Reason::kIo, "it is gone again");
  }
  return made;
}

}  // namespace

absl::Status CheckBackupPath(const std::string& path) {
  RETURN_IF_ERROR(Text::Parse(path, "path").status());
  if (!path.starts_with('/') || path.ends_with('/')) {
    return Error(Reason::kInvalidArgument,
                 "path must be the absolute path of a new file on the server's machine");
  }
  return absl::OkStatus();
}

absl::StatusOr<BackupMade> MakeBackup(Store& store, const std::string& path) {
  RETURN_IF_ERROR(store.BackupTo(path));
  absl::StatusOr<BackupMade> made = VerifyCopy(store, path);
  if (!made.ok()) {
    // A file with the name of a backup that cannot be restored would be worse than none.
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
    return Error(Reason::kIo,
                 StrCat("the copy does not verify and was removed: ", made.status().message()));
  }
  return made;
}

}  // namespace leasehold
