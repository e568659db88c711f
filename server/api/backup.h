#ifndef LEASEHOLD_SERVER_API_BACKUP_H_
#define LEASEHOLD_SERVER_API_BACKUP_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "storage/store.h"

namespace leasehold {

// INVALID_ARGUMENT for what is not an absolute path.
absl::Status CheckBackupPath(const std::string& path);

struct BackupMade {
  TreeHead head;  // of the copy
  uint64_t bytes = 0;
};

// Copies `store` to a new file at `path` and verifies the copy as `ledger verify` does, and that it
// is a copy of this ledger. ALREADY_EXISTS, IO; INTERNAL where the copy does not verify, and then
// no file stays. May take minutes.
absl::StatusOr<BackupMade> MakeBackup(Store& store, const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_BACKUP_H_
