#ifndef LEASEHOLD_STORAGE_SQLITE_COPY_H_
#define LEASEHOLD_STORAGE_SQLITE_COPY_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/connection.h"

namespace leasehold {

// Opens the file at `path` for reading, without a lock and without changing it: a backup, a plain
// copy of a database, with or without a -wal file beside it, or the database of a running server.
// Where there is a -wal file, SQLite may make a -shm file beside it. kStoreMissing, kStoreDamaged,
// kStoreSchemaNewer, kIo.
absl::StatusOr<SqliteConnection> OpenForReading(const std::string& path);

// Writes what `source` sees to a new file at `to`: one file without a WAL, 0600, synced. Copies in
// steps and never blocks the writer. kAlreadyExists where there is a file; kIo where the disk would
// have less than `keep_free_bytes` left, so that a backup cannot fill the disk of its own store.
// After an error no file stays.
absl::Status CopyDatabase(SqliteConnection& source, const std::string& to,
                          uint64_t keep_free_bytes);

// `server restore`: makes the store file `from` (a backup or a database) the database at `to`,
// where there must be none, nor a -wal of one (kAlreadyExists). It has no head anchor yet, so only
// an Open that says it is restoring takes it; the first Append then makes the anchor. kStoreLocked
// where a server has `to` open.
absl::Status InstallCopy(const std::string& from, const std::string& to);

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_COPY_H_
