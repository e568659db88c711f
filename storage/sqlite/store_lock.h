#ifndef LEASEHOLD_STORAGE_SQLITE_STORE_LOCK_H_
#define LEASEHOLD_STORAGE_SQLITE_STORE_LOCK_H_

#include <string>

#include "absl/status/statusor.h"
#include "storage/sqlite/files.h"

namespace leasehold {

// The right to be the only server on a store: a lock on a file of its own beside the database. Not
// on the database itself: SQLite's locks there are POSIX locks, which a process loses as soon as it
// closes any descriptor of the file.
//
// The kernel releases it when the process ends, however it ends. The file stays; it holds the
// owner's process id, for people and for the message that a second server gets.
class StoreLock {
 public:
  // kStoreLocked, with the owner's process id, where another store object has it, in this process
  // or another; kIo where the file cannot be made.
  static absl::StatusOr<StoreLock> Acquire(const std::string& path);

 private:
  explicit StoreLock(FileDescriptor file) : file_(std::move(file)) {}
  FileDescriptor file_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_STORE_LOCK_H_
