#include "storage/sqlite/store_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr mode_t kPrivateMode = 0600;

// How often Acquire looks again when the file it locked has lost its name; more than once needs
// somebody who removes it again and again.
constexpr int kAttemptsMax = 8;

std::string OwnerOf(int fd) {
  char text[32];
  const ssize_t size = pread(fd, text, sizeof(text), 0);
  std::string_view pid(text, size > 0 ? static_cast<size_t>(size) : 0);
  pid = pid.substr(0, pid.find_first_not_of("0123456789"));
  return pid.empty() ? "unknown process" : StrCat("process ", pid);
}

// Only for people: a full disk must not keep the server from starting.
void WriteOwner(int fd) {
  const std::string text = StrCat(getpid(), "\n");
  if (ftruncate(fd, 0) == 0) {
    [[maybe_unused]] const ssize_t written = pwrite(fd, text.data(), text.size(), 0);
  }
}

// Whether `path` still names the file behind `fd`.
bool StillNamed(int fd, const std::string& path) {
  struct stat by_fd {};
  struct stat by_name {};
  return fstat(fd, &by_fd) == 0 && stat(path.c_str(), &by_name) == 0 &&
         by_fd.st_dev == by_name.st_dev && by_fd.st_ino == by_name.st_ino;
}

}  // namespace

absl::StatusOr<StoreLock> StoreLock::Acquire(const std::string& path) {
  for (int attempt = 0; attempt < kAttemptsMax; ++attempt) {
    FileDescriptor file(
        open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, kPrivateMode));
    if (!file.valid()) return IoError("create a file in the folder", DirectoryOf(path), errno);
    if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
      if (errno == EINTR) continue;
      if (errno != EWOULDBLOCK) return IoError("lock", path, errno);
      return Error(Reason::kStoreLocked,
                   StrCat("another server has this store open (", OwnerOf(file.get()), ", ", path,
                          "); stop it first or use another store"));
    }
    // A store that failed to be created removes its lock file; a lock on a file without a name
    // would keep nobody out.
    if (!StillNamed(file.get(), path)) continue;
    WriteOwner(file.get());
    return StoreLock(std::move(file));
  }
  return Error(Reason::kIo, StrCat("the lock file ", path, " is removed again and again"));
}

}  // namespace leasehold
