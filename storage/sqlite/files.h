#ifndef LEASEHOLD_STORAGE_SQLITE_FILES_H_
#define LEASEHOLD_STORAGE_SQLITE_FILES_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace leasehold {

// A file descriptor with an owner.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor();

  int get() const { return fd_; }
  bool valid() const { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// kIo: "cannot <doing> <path>: <the system's words>", from the value of errno.
absl::Status IoError(std::string_view doing, const std::string& path, int error_number);

// The folder that `path` lies in; "." where it names none.
std::string DirectoryOf(const std::string& path);

// `path` with every symbolic link of its folder resolved, so that one database has one lock file
// whatever way leads to it; a link in the last place is resolved where it exists. kIo where the
// folder does not exist or cannot be entered.
absl::StatusOr<std::string> CanonicalPath(const std::string& path);

// Whether something has this name. Does not open it: closing a second descriptor of a database
// would drop the locks that SQLite holds on it.
absl::StatusOr<bool> Exists(const std::string& path);

// The size of a file in bytes; 0 where there is none or it cannot be looked at.
uint64_t SizeOrZero(const std::string& path);

// What others may still write to the disk that `path` lies or will lie on; 0 where that cannot be
// found out.
uint64_t FreeBytesBeside(const std::string& path);

// Makes an empty file that only we may read and write. kAlreadyExists where the name is taken; kIo
// names the folder where that cannot be written.
absl::Status CreatePrivateFile(const std::string& path);

// Makes names in the folder of `path` durable.
absl::Status SyncDirectoryOf(const std::string& path);

// Gives `from` the name `to`, durably. kAlreadyExists where `to` is taken; it is never replaced.
absl::Status RenameNew(const std::string& from, const std::string& to);

// Removes the file where there is one. For cleaning up after a failure: errors are of no interest.
void RemoveQuietly(const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_FILES_H_
