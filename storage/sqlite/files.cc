#include "storage/sqlite/files.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Only the server's own user reads the ciphertext and the texts.
constexpr mode_t kPrivateMode = 0600;

absl::Status TakenError(const std::string& path) {
  return Error(Reason::kAlreadyExists,
               StrCat("there is already a file ", path, "; move it away or choose another name"));
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) close(fd_);
    fd_ = std::exchange(other.fd_, -1);
  }
  return *this;
}

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) close(fd_);
}

absl::Status IoError(std::string_view doing, const std::string& path, int error_number) {
  return Error(Reason::kIo, StrCat("cannot ", doing, " ", path, ": ",
                                   std::generic_category().message(error_number)));
}

std::string DirectoryOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

absl::StatusOr<std::string> CanonicalPath(const std::string& path) {
  const auto resolve = [](const std::string& name) {
    return std::unique_ptr<char, decltype(&std::free)>(realpath(name.c_str(), nullptr), &std::free);
  };
  if (const auto whole = resolve(path)) return std::string(whole.get());
  const auto folder = resolve(DirectoryOf(path));
  if (folder == nullptr) return IoError("enter the folder", DirectoryOf(path), errno);
  const size_t slash = path.rfind('/');
  const std::string name = slash == std::string::npos ? path : path.substr(slash + 1);
  if (name.empty()) return Error(Reason::kIo, StrCat("'", path, "' does not name a file"));
  const std::string_view parent = folder.get();
  return StrCat(parent, parent == "/" ? "" : "/", name);
}

absl::StatusOr<bool> Exists(const std::string& path) {
  struct stat info {};
  if (lstat(path.c_str(), &info) == 0) return true;
  if (errno == ENOENT) return false;
  return IoError("look at", path, errno);
}

uint64_t SizeOrZero(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 ? static_cast<uint64_t>(info.st_size) : 0;
}

uint64_t FreeBytesBeside(const std::string& path) {
  struct statvfs disk {};
  if (statvfs(DirectoryOf(path).c_str(), &disk) != 0) return 0;
  return static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
}

absl::Status CreatePrivateFile(const std::string& path) {
  const FileDescriptor file(
      open(path.c_str(), O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, kPrivateMode));
  if (file.valid()) return absl::OkStatus();
  if (errno == EEXIST) return TakenError(path);
  return IoError("create a file in the folder", DirectoryOf(path), errno);
}

absl::Status SyncDirectoryOf(const std::string& path) {
  const std::string folder = DirectoryOf(path);
  const FileDescriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.valid() || fsync(fd.get()) != 0) return IoError("sync the folder", folder, errno);
  return absl::OkStatus();
}

absl::Status RenameNew(const std::string& from, const std::string& to) {
  if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) != 0) {
    if (errno == EEXIST) return TakenError(to);
    return IoError("rename a file to", to, errno);
  }
  return SyncDirectoryOf(to);
}

void RemoveQuietly(const std::string& path) { unlink(path.c_str()); }

}  // namespace leasehold
