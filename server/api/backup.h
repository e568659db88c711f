#ifndef LEASEHOLD_SERVER_API_BACKUP_H_
#define LEASEHOLD_SERVER_API_BACKUP_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace leasehold {

// Opens a copy that BackupTo made, for reading; the backend knows how.
using OpenCopy = std::function<absl::StatusOr<std::unique_ptr<StoreView>>(const std::string& path)>;

// INVALID_ARGUMENT for what is not an absolute path.
absl::Status CheckBackupPath(const std::string& path);

struct BackupMade {
  TreeHead head;  // of the copy
  uint64_t bytes = 0;
};

// Copies `store` to a new file at `path` and reads all of the copy: its entries must come to its
// head, bodies to their hashes, and the head must be one that the store's own ledger went through.
// ALREADY_EXISTS, IO; INTERNAL where the copy does not verify, and then no file stays. May take
// minutes.
absl::StatusOr<BackupMade> MakeBackup(Store& store, const OpenCopy& open_copy,
                                      const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_BACKUP_H_
