#include "tests/faults/vfs/unsynced.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "server/base/check.h"

namespace leasehold {
namespace {

// A disk writes these whole or not at all.
constexpr uint64_t kSectorBytes = 512;

void WriteAt(int fd, uint64_t offset, const std::string& bytes) {
  const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  LEASEHOLD_CHECK(written == static_cast<ssize_t>(bytes.size()));
}

}  // namespace

void Unsynced::BeforeChange(uint64_t begin, uint64_t end, const Reader& read) {
  end = std::min(end, durable_bytes_);
  for (uint64_t sector = begin / kSectorBytes; sector * kSectorBytes < end; ++sector) {
    if (sectors_.contains(sector)) continue;
    const uint64_t offset = sector * kSectorBytes;
    sectors_[sector] = read(offset, std::min(kSectorBytes, durable_bytes_ - offset));
  }
}

void Unsynced::Synced(uint64_t size) {
  durable_bytes_ = size;
  fresh_ = false;
  sectors_.clear();
}

void Unsynced::Lose(const std::string& path, std::mt19937_64& random) const {
  const auto toss = [&random] { return random() % 2 == 0; };
  if (fresh_ && toss()) {
    unlink(path.c_str());
    return;
  }
  const int fd = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (fd < 0) return;
  struct stat info {};
  LEASEHOLD_CHECK(fstat(fd, &info) == 0);
  auto size = static_cast<uint64_t>(info.st_size);
  if (size != durable_bytes_ && toss()) {
    LEASEHOLD_CHECK(ftruncate(fd, static_cast<off_t>(durable_bytes_)) == 0);
    // What a truncation took is back whole: its blocks were never written over.
    for (const auto& [sector, bytes] : sectors_) {
      if ((sector + 1) * kSectorBytes > size) WriteAt(fd, sector * kSectorBytes, bytes);
    }
    size = durable_bytes_;
  }
  for (const auto& [sector, bytes] : sectors_) {
    const uint64_t offset = sector * kSectorBytes;
    if (offset + bytes.size() <= size && toss()) WriteAt(fd, offset, bytes);
  }
  // Bytes beyond the old end may be of any age; a disk that grew a file but never wrote it has
  // zeros there.
  const std::string zeros(kSectorBytes, '\0');
  const uint64_t first = (durable_bytes_ + kSectorBytes - 1) / kSectorBytes;
  for (uint64_t sector = first; (sector + 1) * kSectorBytes <= size; ++sector) {
    if (toss()) WriteAt(fd, sector * kSectorBytes, zeros);
  }
  close(fd);
}

}  // namespace leasehold
