#include "storage/sqlite/disk_room.h"

#include <catch2/catch.hpp>

#include "server/base/status.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/whole_file.h"

namespace leasehold {
namespace {

constexpr uint64_t kStep = DiskReserve::kStepBytes;
constexpr uint64_t kMoreThanAnyDisk = uint64_t{1} << 60;

TEST_CASE("ordinary batches end at the low-water mark, others go on") {
  const TempFolder folder;
  WriteFile(folder.File("db"), "12345");
  WriteFile(folder.File("db-wal"), "123");
  DiskRoom room(folder.File("db"), *DiskReserve::Create(folder.File("r"), kStep), kMoreThanAnyDisk);
  const Space space = room.Get();
  CHECK(space.low);
  CHECK(space.database_bytes == 8);
  CHECK(space.free_bytes > 0);
  const absl::Status refused = room.Admit(100, /*may_use_reserve=*/false);
  CHECK(ReasonOf(refused) == Reason::kLedgerFull);
  CHECK(std::string(refused.message()).find("only revocations, holds") != std::string::npos);
  CHECK(room.Admit(100, /*may_use_reserve=*/true).ok());
}

TEST_CASE("a batch that would not leave the low-water mark free is refused before it is written") {
  const TempFolder folder;
  DiskRoom room(folder.File("db"), *DiskReserve::Create(folder.File("r"), kStep), 0);
  CHECK(!room.Get().low);
  CHECK(room.Admit(1000, /*may_use_reserve=*/false).ok());
  CHECK(ReasonOf(room.Admit(kMoreThanAnyDisk / 8, false)) == Reason::kLedgerFull);
}

TEST_CASE("the reserve is used when there is no room without it, and is then missed") {
  const TempFolder folder;
  DiskReserve reserve = *DiskReserve::Create(folder.File("r"), 4 * kStep);
  DiskRoom room(folder.File("db"), std::move(reserve), 0);
  // Asks for more than there is, so all of it goes.
  REQUIRE(room.Admit(kMoreThanAnyDisk / 8, /*may_use_reserve=*/true).ok());
  CHECK(DiskReserve::Open(folder.File("r"), 4 * kStep)->bytes() == 0);
  // There is room for it again: the next ordinary batch fills it first.
  REQUIRE(room.Admit(1, /*may_use_reserve=*/false).ok());
  CHECK(DiskReserve::Open(folder.File("r"), 4 * kStep)->bytes() == 4 * kStep);
}

}  // namespace
}  // namespace leasehold
