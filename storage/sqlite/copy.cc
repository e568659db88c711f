#include "storage/sqlite/copy.h"

#include <sqlite3.h>

#include <array>
#include <utility>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/migrations.h"
#include "storage/sqlite/sqlite_view.h"
#include "storage/sqlite/store_lock.h"

namespace leasehold {
namespace {

// 1 MiB: a view of the copy's progress for the kernel's scheduler; nothing waits for a step.
constexpr int kPagesPerStep = 256;

absl::Status CopyPages(SqliteConnection& source, SqliteConnection& copy) {
  sqlite3_backup* const backup =
      sqlite3_backup_init(copy.handle(), "main", source.handle(), "main");
  if (backup == nullptr) {
    return SqliteError(copy.handle(), sqlite3_errcode(copy.handle()), "copy the database");
  }
  int code = SQLITE_OK;
  while (code == SQLITE_OK) code = sqlite3_backup_step(backup, kPagesPerStep);
  const int finished = sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return SqliteError(copy.handle(), code, "copy the database");
  if (finished != SQLITE_OK) return SqliteError(copy.handle(), finished, "copy the database");
  return absl::OkStatus();
}

absl::Status WriteCopy(SqliteConnection& source, const std::string& path) {
  RETURN_IF_ERROR(CreatePrivateFile(path));
  ASSIGN_OR_RETURN(SqliteConnection copy,
                   SqliteConnection::Open(path, SqliteConnection::Mode::kBuild));
  RETURN_IF_ERROR(CopyPages(source, copy));
  // The pages say "WAL", since the source uses one. A copy that says so could not be read where
  // nothing may be written beside it.
  ASSIGN_OR_RETURN(const std::string mode, copy.QueryText("PRAGMA journal_mode=DELETE"));
  if (mode == "delete") return absl::OkStatus();
  return Error(Reason::kIo, StrCat("cannot take the copy ", path, " out of WAL mode"));
}

}  // namespace

absl::StatusOr<SqliteConnection> OpenForReading(const std::string& path) {
  ASSIGN_OR_RETURN(const bool there, Exists(path));
  if (!there) {
    return Error(Reason::kStoreMissing, StrCat("there is no database ", path));
  }
  // A server that runs, and one that crashed, has a -wal file. Without one nobody changes the file.
  ASSIGN_OR_RETURN(const bool wal, Exists(path + "-wal"));
  ASSIGN_OR_RETURN(SqliteConnection connection,
                   SqliteConnection::Open(path, wal ? SqliteConnection::Mode::kRead
                                                    : SqliteConnection::Mode::kImmutable));
  RETURN_IF_ERROR(CheckSchema(connection));
  return connection;
}

absl::Status CopyDatabase(SqliteConnection& source, const std::string& to,
                          uint64_t keep_free_bytes) {
  ASSIGN_OR_RETURN(const bool taken, Exists(to));
  if (taken) {
    return Error(Reason::kAlreadyExists,
                 StrCat("there is already a file ", to, "; choose another name"));
  }
  ASSIGN_OR_RETURN(const int64_t pages, source.QueryNumber("PRAGMA page_count"));
  ASSIGN_OR_RETURN(const int64_t page_bytes, source.QueryNumber("PRAGMA page_size"));
  const auto need = static_cast<uint64_t>(pages * page_bytes) + keep_free_bytes;
  if (FreeBytesBeside(to) < need) {
    return Error(Reason::kIo, StrCat("the disk of ", to, " has no room for a copy, which needs ",
                                     (need >> 20) + 1, " MiB"));
  }
  // A name of its own, so that two copies to one place do not write into each other.
  std::array<uint8_t, 8> random;
  RandomBytes(random);
  const std::string partial = StrCat(to, ".partial-", HexEncode(random));
  absl::Status done = WriteCopy(source, partial);
  if (done.ok()) done = RenameNew(partial, to);
  if (!done.ok()) {
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) RemoveQuietly(partial + suffix);
  }
  return done;
}

absl::Status InstallCopy(const std::string& from, const std::string& to) {
  ASSIGN_OR_RETURN(const std::string path, CanonicalPath(to));
  ASSIGN_OR_RETURN(SqliteConnection source, OpenForReading(from));
  ASSIGN_OR_RETURN(const StoreLock lock, StoreLock::Acquire(path + ".lock"));
  for (const char* suffix : {"", "-wal", "-journal"}) {
    ASSIGN_OR_RETURN(const bool taken, Exists(path + suffix));
    if (taken) {
      return Error(Reason::kAlreadyExists, StrCat("there is already a file ", path, suffix,
                                                  "; move it and those beside it away first"));
    }
  }
  ASSIGN_OR_RETURN(const auto view, SqliteView::Open(std::move(source)));
  return CopyDatabase(view->connection(), path, /*keep_free_bytes=*/0);
}

}  // namespace leasehold
