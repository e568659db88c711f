#include "storage/sqlite/checkpointer.h"

#include <sqlite3.h>

namespace leasehold {
namespace {

// SQLite's default, and measured: the WAL stays at 4 MB and is overwritten in place. Larger ones,
// and a thread of its own for this, were slower or let the WAL reach 71 MB.
constexpr int kWalPages = 1000;

// A reader that stays keeps the WAL from being emptied; trying costs a sync of the database, so it
// is tried again only after so many commits.
constexpr int kScrubCommits = 16;

int NoteWalPages(void* wal_pages, sqlite3*, const char*, int pages) {
  *static_cast<int*>(wal_pages) = pages;
  return SQLITE_OK;
}

absl::Status Result(sqlite3* handle, int code) {
  switch (code & 0xff) {
    case SQLITE_OK:
    // A reader is in the way; the next commit tries again.
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    // No room for the database to grow. The commit itself is safe in the WAL.
    case SQLITE_FULL:
      return absl::OkStatus();
    default:
      return SqliteError(handle, code, "write a checkpoint");
  }
}

}  // namespace

Checkpointer::Checkpointer(SqliteConnection* connection)
    : connection_(connection), wal_pages_(std::make_unique<int>(0)) {
  sqlite3_wal_hook(connection_->handle(), &NoteWalPages, wal_pages_.get());
}

absl::Status Checkpointer::AfterCommit(bool erased) {
  if (erased) {
    scrub_due_ = true;
    commits_to_scrub_ = 1;
  }
  if (scrub_due_ && --commits_to_scrub_ == 0) return Scrub();
  return *wal_pages_ >= kWalPages ? Passive() : absl::OkStatus();
}

absl::Status Checkpointer::Passive() {
  sqlite3* const handle = connection_->handle();
  return Result(handle, sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_PASSIVE,
                                                  nullptr, nullptr));
}

absl::Status Checkpointer::Scrub() {
  sqlite3* const handle = connection_->handle();
  commits_to_scrub_ = kScrubCommits;
  // Not waiting: this thread orders everything.
  sqlite3_busy_timeout(handle, 0);
  const int code =
      sqlite3_wal_checkpoint_v2(handle, "main", SQLITE_CHECKPOINT_TRUNCATE, nullptr, nullptr);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  if (code == SQLITE_OK) {
    scrub_due_ = false;
    *wal_pages_ = 0;
  }
  return Result(handle, code);
}

}  // namespace leasehold
