#include "server/api/backup.h"

#include <filesystem>
#include <system_error>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/merkle_log.h"

namespace leasehold {
namespace {

// Reads everything that a restore would need, so that damage is found now.
absl::Status ReadSideTables(StoreView& copy) {
  RETURN_IF_ERROR(copy.ReadTexts([](const TextRow&) { return absl::OkStatus(); }));
  RETURN_IF_ERROR(copy.ReadBodies([](const BodyRow& row) {
    return Sha256Of(AsBytes(row.body)) == row.hash
               ? absl::OkStatus()
               : Error(Reason::kStoreDamaged, "a body is not what its hash says");
  }));
  RETURN_IF_ERROR(copy.ReadKeys().status());
  RETURN_IF_ERROR(copy.ReadSummaries([](const SummaryRow&) { return absl::OkStatus(); }));
  return copy.ReadSnapshot([](const SnapshotRow&) { return absl::OkStatus(); }).status();
}

absl::StatusOr<TreeHead> VerifyCopy(Store& store, StoreView& copy) {
  ASSIGN_OR_RETURN(TreeHead head, copy.Head());
  MerkleLog log;
  RETURN_IF_ERROR(copy.ReadEntries(0, head.size, [&](uint64_t, std::string_view bytes) {
    log.Append(AsBytes(bytes));
    return absl::OkStatus();
  }));
  if (log.Head() != head) {
    return Error(Reason::kStoreDamaged, "its entries do not come to its tree head");
  }
  RETURN_IF_ERROR(ReadSideTables(copy));
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store.NewView());
  ASSIGN_OR_RETURN(Hash root, MerkleLog::RootAt(*view, head.size));
  if (root != head.root) {
    return Error(Reason::kStoreDamaged, "it is not a copy of this ledger");
  }
  return head;
}

absl::StatusOr<BackupMade> VerifyFile(Store& store, const OpenCopy& open_copy,
                                      const std::string& path) {
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> copy, open_copy(path));
  BackupMade made;
  ASSIGN_OR_RETURN(made.head, VerifyCopy(store, *copy));
  std::error_code error;
  made.bytes = std::filesystem::file_size(path, error);
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

absl::StatusOr<BackupMade> MakeBackup(Store& store, const OpenCopy& open_copy,
                                      const std::string& path) {
  RETURN_IF_ERROR(store.BackupTo(path));
  absl::StatusOr<BackupMade> made = VerifyFile(store, open_copy, path);
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
