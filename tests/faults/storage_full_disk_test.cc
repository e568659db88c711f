// A disk that is really full; skipped where it cannot be mounted.

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/small_disk.h"
#include "tests/unit/storage/random_batches.h"

namespace leasehold {
namespace {

constexpr uint64_t kMib = uint64_t{1} << 20;

Batch Entries(uint64_t first_index, std::vector<std::string> entries) {
  Batch batch;
  batch.first_index = first_index;
  batch.head = HeadOf(first_index + entries.size());
  batch.entries = std::move(entries);
  return batch;
}

// Appends until room is short; returns the size of the ledger then.
uint64_t AppendUntilFull(Store& store, uint64_t size) {
  for (int i = 0; i < 100'000; ++i) {
    const absl::Status appended = store.Append(Entries(size, {8, std::string(2000, 'u')}));
    if (ReasonOf(appended) == Reason::kLedgerFull) return size;
    INFO(appended);
    REQUIRE(appended.ok());
    size += 8;
  }
  FAIL("the disk never got full");
  return size;
}

uint64_t Revoke(Store& store, uint64_t size, int count) {
  for (int i = 0; i < count; ++i) {
    Batch batch = Entries(size++, {std::string(150, 'r')});
    batch.may_use_reserve = true;
    const absl::Status appended = store.Append(batch);
    INFO(appended);
    REQUIRE(appended.ok());
  }
  return size;
}

TEST_CASE("on a full disk revocations go on, uses are refused, and room brings them back") {
  SmallDisk disk(32 * kMib);
  SqliteOptions options;
  options.path = disk.folder().File("store.db");
  options.reserve_bytes = 8 * kMib;
  options.low_water_bytes = 2 * kMib;
  auto store = *SqliteStore::Create(options, {LogId(1), "o"}, Entries(0, {"zero"}));

  uint64_t size = AppendUntilFull(*store, 1);
  CHECK(size > 5000);
  // Nothing else is on the disk: what is left is the low-water mark.
  CHECK(store->GetSpace().free_bytes >= 2 * kMib);
  size = Revoke(*store, size, 10);
  disk.Fill();
  size = Revoke(*store, size, 1000);
  CHECK(store->SaveMark(TimeMark{}).ok());
  disk.Fill();
  size = Revoke(*store, size, 100);
  CHECK(ReasonOf(store->Append(Entries(size, {"use"}))) == Reason::kLedgerFull);

  // A restart on the full disk.
  store.reset();
  disk.Fill();
  auto reopened = SqliteStore::Open(options);
  INFO(reopened.status());
  REQUIRE(reopened.ok());
  store = *std::move(reopened);
  CHECK(store->GetSpace().low);
  disk.Fill();
  size = Revoke(*store, size, 100);
  CHECK(ReasonOf(store->Append(Entries(size, {"use"}))) == Reason::kLedgerFull);
  CHECK(ReasonOf(store->BackupTo(disk.folder().File("backup"))) == Reason::kIo);

  disk.MakeRoom();
  store.reset();
  store = *SqliteStore::Open(options);
  CHECK(*(*store->NewView())->Head() == HeadOf(size));
  store.reset();
  auto connection = *SqliteConnection::Open(options.path, SqliteConnection::Mode::kRead);
  CHECK(*connection.QueryText("PRAGMA integrity_check") == "ok");
}

TEST_CASE("a use is accepted again as soon as there is room for it and for the reserve") {
  SmallDisk disk(32 * kMib);
  SqliteOptions options;
  options.path = disk.folder().File("store.db");
  options.reserve_bytes = 4 * kMib;
  options.low_water_bytes = 2 * kMib;
  auto store = *SqliteStore::Create(options, {LogId(1), "o"}, Entries(0, {"zero"}));
  disk.Fill();
  uint64_t size = Revoke(*store, 1, 20);
  store.reset();
  store = *SqliteStore::Open(options);
  CHECK(ReasonOf(store->Append(Entries(size, {"use"}))) == Reason::kLedgerFull);
  store.reset();
  disk.MakeRoom();
  store = *SqliteStore::Open(options);
  CHECK(!store->GetSpace().low);
  CHECK(store->Append(Entries(size, {"use"})).ok());
}

TEST_CASE("a store is not created on a disk without room for its reserve") {
  SmallDisk disk(4 * kMib);
  SqliteOptions options;
  options.path = disk.folder().File("store.db");
  const absl::Status created =
      SqliteStore::Create(options, {LogId(1), "o"}, Entries(0, {"zero"})).status();
  CHECK(ReasonOf(created) == Reason::kIo);
  CHECK(std::string(created.message()).find("keeps 64 MiB back") != std::string::npos);
  CHECK(disk.folder().Names().empty());
}

}  // namespace
}  // namespace leasehold
