#include "storage/sqlite/disk_reserve.h"

#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "server/base/status.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

constexpr uint64_t kStep = DiskReserve::kStepBytes;

uint64_t AllocatedBytes(const std::string& path) {
  struct stat info {};
  REQUIRE(stat(path.c_str(), &info) == 0);
  return static_cast<uint64_t>(info.st_blocks) * 512;
}

TEST_CASE("a reserve takes its room, gives it back in steps and takes it again") {
  const TempFolder folder;
  const std::string path = folder.File("r");
  DiskReserve reserve = *DiskReserve::Create(path, 5 * kStep);
  CHECK(AllocatedBytes(path) >= 5 * kStep);
  CHECK(reserve.missing() == 0);
  struct Case {
    uint64_t release;
    uint64_t left;
  };
  for (const Case& c : {Case{0, 5}, Case{1, 4}, Case{kStep, 3}, Case{kStep + 1, 1},
                        Case{9 * kStep, 0}, Case{1, 0}}) {
    REQUIRE(reserve.Release(c.release).ok());
    CHECK(reserve.bytes() == c.left * kStep);
    CHECK(reserve.missing() == (5 - c.left) * kStep);
    CHECK(std::filesystem::file_size(path) == c.left * kStep);
  }
  reserve.Refill(/*keep_free=*/uint64_t{1} << 60);
  CHECK(reserve.bytes() == 0);
  reserve.Refill(/*keep_free=*/0);
  CHECK(reserve.bytes() == 5 * kStep);
  CHECK(AllocatedBytes(path) >= 5 * kStep);
}

TEST_CASE("an opened reserve counts what is there, and holes are filled") {
  const TempFolder folder;
  const std::string path = folder.File("r");
  CHECK(DiskReserve::Open(path, 3 * kStep)->missing() == 3 * kStep);
  std::filesystem::resize_file(path, 2 * kStep);
  REQUIRE(AllocatedBytes(path) == 0);
  CHECK(DiskReserve::Open(path, 3 * kStep)->bytes() == 2 * kStep);
  CHECK(AllocatedBytes(path) >= 2 * kStep);
  CHECK(DiskReserve::Open(path, kStep)->missing() == 0);
  CHECK(std::filesystem::file_size(path) == kStep);
}

TEST_CASE("a reserve that does not fit is an error and no file") {
  const TempFolder folder;
  const absl::Status created = DiskReserve::Create(folder.File("r"), uint64_t{1} << 50).status();
  CHECK(ReasonOf(created) == Reason::kIo);
  CHECK(folder.Names().empty());
}

}  // namespace
}  // namespace leasehold
