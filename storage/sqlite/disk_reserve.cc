#include "storage/sqlite/disk_reserve.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr mode_t kPrivateMode = 0600;

}  // namespace

absl::StatusOr<DiskReserve> DiskReserve::Create(const std::string& path, uint64_t bytes) {
  RemoveQuietly(path);
  RETURN_IF_ERROR(CreatePrivateFile(path));
  ASSIGN_OR_RETURN(DiskReserve reserve, Open(path, bytes));
  if (!reserve.GrowTo(bytes)) {
    const int error_number = errno;
    RemoveQuietly(path);
    return Annotate(IoError("allocate", path, error_number),
                    StrCat("the store keeps ", bytes >> 20,
                           " MiB back so that revocation works on a full disk"));
  }
  if (fsync(reserve.file_.get()) != 0) {
    const int error_number = errno;
    RemoveQuietly(path);
    return IoError("sync", path, error_number);
  }
  return reserve;
}

absl::StatusOr<DiskReserve> DiskReserve::Open(const std::string& path, uint64_t bytes) {
  FileDescriptor file(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC | O_NOFOLLOW, kPrivateMode));
  if (!file.valid()) return IoError("open the disk reserve", path, errno);
  DiskReserve reserve(std::move(file), path, bytes);
  const uint64_t size = std::min(SizeOrZero(path), bytes);
  if (ftruncate(reserve.file_.get(), static_cast<off_t>(size)) != 0) {
    return IoError("shorten", path, errno);
  }
  // A file that was copied by hand may be all holes; what cannot be allocated does not count.
  if (size > 0 && !reserve.GrowTo(size) && ftruncate(reserve.file_.get(), 0) != 0) {
    return IoError("shorten", path, errno);
  }
  return reserve;
}

uint64_t DiskReserve::FreeBytes() const {
  struct statvfs disk {};
  if (fstatvfs(file_.get(), &disk) != 0) return 0;
  return static_cast<uint64_t>(disk.f_bavail) * disk.f_frsize;
}

absl::Status DiskReserve::Release(uint64_t bytes) {
  const uint64_t steps = (bytes + kStepBytes - 1) / kStepBytes;
  const uint64_t left = bytes_ - std::min(bytes_, steps * kStepBytes);
  if (left == bytes_) return absl::OkStatus();
  // Synced, because journaling file systems hand freed blocks out again only after their next
  // commit.
  if (ftruncate(file_.get(), static_cast<off_t>(left)) != 0 || fsync(file_.get()) != 0) {
    return IoError("shorten the disk reserve", path_, errno);
  }
  bytes_ = left;
  return absl::OkStatus();
}

void DiskReserve::Refill(uint64_t keep_free) {
  while (bytes_ < bytes_full_) {
    const uint64_t step = std::min(kStepBytes, bytes_full_ - bytes_);
    if (FreeBytes() < keep_free + step || !GrowTo(bytes_ + step)) return;
  }
}

bool DiskReserve::GrowTo(uint64_t bytes) {
  if (bytes == 0) return true;
  const int error_number = posix_fallocate(file_.get(), 0, static_cast<off_t>(bytes));
  if (error_number == 0) {
    bytes_ = bytes;
    return true;
  }
  // A failed call may have grown the file by a part; the next Open would put that right too.
  [[maybe_unused]] const int cut = ftruncate(file_.get(), static_cast<off_t>(bytes_));
  errno = error_number;
  return false;
}

}  // namespace leasehold
