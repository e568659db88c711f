#include "tests/bench/disk_sync.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/bench/statistics.h"

namespace leasehold {
namespace {

// A lone use changes two pages: that of its entry and that of the head.
constexpr size_t kPieceBytes = 8192;
// The WAL's length between two SQLite checkpoints.
constexpr off_t kFileBytes = 4 << 20;

absl::Status IoError(std::string_view what, const std::string& path) {
  return Error(Reason::kIo, StrCat("cannot ", what, " ", path, ": ", std::strerror(errno)));
}

absl::StatusOr<double> MeasureOn(int fd, const std::string& path, absl::Duration how_long) {
  using Clock = std::chrono::steady_clock;
  std::array<char, kPieceBytes> piece;
  piece.fill('w');
  std::vector<double> micros;
  const Clock::time_point measure_to = Clock::now() + absl::ToChronoNanoseconds(how_long);
  off_t place = 0;
  // The first time round the file grows, which is another thing to measure.
  bool has_its_size = false;
  for (Clock::time_point start; !has_its_size || (start = Clock::now()) < measure_to;) {
    if (pwrite(fd, piece.data(), piece.size(), place) != ssize_t{kPieceBytes}) {
      return IoError("write", path);
    }
    place = (place + ssize_t{kPieceBytes}) % kFileBytes;
    if (!has_its_size) {
      has_its_size = place == 0;
      continue;
    }
    if (fdatasync(fd) != 0) return IoError("sync", path);
    micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - start).count());
  }
  return Median(std::move(micros));
}

}  // namespace

absl::StatusOr<double> MeasureSync(const std::string& path, absl::Duration how_long) {
  const int fd = open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0) return IoError("create", path);
  absl::StatusOr<double> median = MeasureOn(fd, path, how_long);
  close(fd);
  unlink(path.c_str());
  return median;
}

}  // namespace leasehold
