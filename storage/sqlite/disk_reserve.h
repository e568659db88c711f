#ifndef LEASEHOLD_STORAGE_SQLITE_DISK_RESERVE_H_
#define LEASEHOLD_STORAGE_SQLITE_DISK_RESERVE_H_

#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/sqlite/files.h"

namespace leasehold {

// A file beside the database that only takes up room: when the disk is full, it is made shorter
// and revocations go where it was. Its blocks are really allocated, not holes. Used by one thread.
class DiskReserve {
 public:
  // The reserve shrinks and grows by this: enough for thousands of revocations, and small enough
  // that another program which eats what was set free does not get everything at once.
  static constexpr uint64_t kStepBytes = uint64_t{1} << 20;

  // A new file of `bytes`, in place of any other. kIo where the disk has no room for it; then no
  // file stays.
  static absl::StatusOr<DiskReserve> Create(const std::string& path, uint64_t bytes);

  // The file as it is, at most `bytes` of it; an empty one where there was none. It never fails
  // for want of room: a server whose disk is full must still start to revoke.
  static absl::StatusOr<DiskReserve> Open(const std::string& path, uint64_t bytes);

  uint64_t bytes() const { return bytes_; }
  uint64_t missing() const { return bytes_full_ - bytes_; }

  // Bytes that the disk has left for us, the reserve not counted. 0 where that cannot be found
  // out, so that doubt counts as a full disk.
  uint64_t FreeBytes() const;

  // Gives back at least `bytes` in whole steps, or all there is.
  absl::Status Release(uint64_t bytes);

  // Grows again, step by step, as long as `keep_free` bytes stay free beside it.
  void Refill(uint64_t keep_free);

 private:
  DiskReserve(FileDescriptor file, std::string path, uint64_t bytes_full)
      : file_(std::move(file)), path_(std::move(path)), bytes_full_(bytes_full) {}
  // False where the disk has no room; then the file is as before.
  bool GrowTo(uint64_t bytes);

  FileDescriptor file_;
  std::string path_;
  uint64_t bytes_full_ = 0;
  uint64_t bytes_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_STORAGE_SQLITE_DISK_RESERVE_H_
