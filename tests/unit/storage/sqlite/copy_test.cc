#include "storage/sqlite/copy.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/random_batches.h"
#include "tests/unit/storage/sqlite/sqlite_harness.h"
#include "tests/unit/storage/whole_file.h"

namespace leasehold {
namespace {

using Strings = std::vector<std::string>;

// A store with some batches in it, open.
struct Filled {
  explicit Filled(uint64_t seed) : batches(seed) {
    store = *harness.Create(batches.genesis(), batches.Next());
    for (int i = 0; i < 20; ++i) REQUIRE(store->Append(batches.Next()).ok());
  }
  std::string Described() { return *batches.Describe(**store->NewView()); }
  std::string DescribedFile(const std::string& path) {
    const auto view = OpenReadOnly(path);
    INFO(view.status());
    REQUIRE(view.ok());
    return *batches.Describe(**view);
  }

  SqliteHarness harness;
  RandomBatches batches;
  std::unique_ptr<Store> store;
};

TEST_CASE("a backup is one file that needs none beside it") {
  Filled filled(1);
  const std::string path = filled.harness.BackupPath();
  REQUIRE(filled.store->BackupTo(path).ok());
  // Not in WAL mode, so that the sqlite3 program too reads it where nothing may be written beside
  // it: bytes 18 and 19 of the header.
  CHECK(ReadFile(path).substr(18, 2) == "\x01\x01");
  const TempFolder elsewhere;
  std::filesystem::copy_file(path, elsewhere.File("copy.db"));
  CHECK(filled.DescribedFile(elsewhere.File("copy.db")) == filled.Described());
  CHECK(elsewhere.Names() == Strings{"copy.db"});
}

TEST_CASE("a plain copy of a closed database is read as it is") {
  Filled filled(2);
  const std::string described = filled.Described();
  filled.store.reset();
  const TempFolder elsewhere;
  const std::string copy = elsewhere.File("what? is#this%20.db");
  std::filesystem::copy_file(filled.harness.path(), copy);
  const std::string before = ReadFile(copy);
  CHECK(filled.DescribedFile(copy) == described);
  CHECK(elsewhere.Names() == Strings{"what? is#this%20.db"});
  CHECK(ReadFile(copy) == before);
}

TEST_CASE("a copy with its WAL beside it is read with it and not changed") {
  Filled filled(3);
  const std::string described = filled.Described();
  const TempFolder elsewhere;
  // The store is idle, so the copy is consistent. Copied after the WAL and with the store closed
  // afterwards, because reading the database here would drop the locks of this process.
  const std::string wal = ReadFile(filled.harness.path() + "-wal");
  auto keeps_wal = *filled.store->NewView();
  filled.store.reset();
  keeps_wal.reset();
  const std::string copy = elsewhere.File("copy.db");
  std::filesystem::copy_file(filled.harness.path(), copy);
  WriteFile(copy + "-wal", wal);
  const std::string before = ReadFile(copy);
  CHECK(filled.DescribedFile(copy) == described);
  CHECK(ReadFile(copy) == before);
  CHECK(ReadFile(copy + "-wal") == wal);
}

TEST_CASE("the database of a running server is read beside it") {
  Filled filled(4);
  CHECK(filled.DescribedFile(filled.harness.path()) == filled.Described());
  REQUIRE(filled.store->Append(filled.batches.Next()).ok());
  CHECK(filled.DescribedFile(filled.harness.path()) == filled.Described());
}

TEST_CASE("a backup while batches are appended holds whole batches") {
  Filled filled(5);
  const uint64_t before = (*filled.store->NewView())->Head()->size;
  std::vector<Batch> next;
  for (int i = 0; i < 200; ++i) next.push_back(filled.batches.Next());
  absl::Status appended;
  std::thread writer([&] {
    for (const Batch& batch : next) {
      if (appended.ok()) appended = filled.store->Append(batch);
    }
  });
  std::vector<std::string> paths;
  for (int i = 0; i < 5; ++i) {
    paths.push_back(filled.harness.BackupPath());
    CHECK(filled.store->BackupTo(paths.back()).ok());
  }
  writer.join();
  REQUIRE(appended.ok());
  for (const std::string& path : paths) {
    const auto view = *OpenReadOnly(path);
    const TreeHead head = *view->Head();
    const bool known = head.size == before || std::any_of(next.begin(), next.end(),
                                                          [&](auto& b) { return b.head == head; });
    CHECK(known);
    CHECK(view->ReadEntries(0, head.size, [](auto, auto) { return absl::OkStatus(); }).ok());
  }
}

TEST_CASE("a backup that fails leaves nothing behind") {
  Filled filled(6);
  const auto names = filled.harness.folder().Names();
  SECTION("because its folder does not exist") {
    CHECK(ReasonOf(filled.store->BackupTo(filled.harness.folder().File("none/b"))) == Reason::kIo);
  }
  SECTION("because it would fill the disk") {
    filled.store.reset();
    filled.harness.SetLow(true);
    filled.store = *filled.harness.Open();
    const absl::Status backup = filled.store->BackupTo(filled.harness.BackupPath());
    CHECK(ReasonOf(backup) == Reason::kIo);
    CHECK(std::string(backup.message()).find("no room for a copy") != std::string::npos);
  }
  CHECK(filled.harness.folder().Names() == names);
}

TEST_CASE("a backup becomes the database of a new store that only restoring opens") {
  Filled filled(7);
  const std::string described = filled.Described();
  const std::string backup = filled.harness.BackupPath();
  REQUIRE(filled.store->BackupTo(backup).ok());
  SqliteHarness target;
  REQUIRE(InstallCopy(backup, target.path()).ok());
  CHECK(ReasonOf(target.Open().status()) == Reason::kStoreRolledBack);
  target.options().restoring = true;
  auto store = *target.Open();
  CHECK(*filled.batches.Describe(**store->NewView()) == described);
  REQUIRE(store->Append(filled.batches.Next()).ok());
  store.reset();
  target.options().restoring = false;
  CHECK(target.Open().ok());
}

TEST_CASE("a copy is not installed over a database, in a store that is open, or from nothing") {
  Filled filled(8);
  const std::string backup = filled.harness.BackupPath();
  REQUIRE(filled.store->BackupTo(backup).ok());
  CHECK(ReasonOf(InstallCopy(backup, filled.harness.path())) == Reason::kStoreLocked);
  filled.store.reset();
  CHECK(ReasonOf(InstallCopy(backup, filled.harness.path())) == Reason::kAlreadyExists);
  SqliteHarness target;
  CHECK(ReasonOf(InstallCopy(target.folder().File("none"), target.path())) ==
        Reason::kStoreMissing);
  WriteFile(target.path() + "-wal", "of a lost database");
  CHECK(ReasonOf(InstallCopy(backup, target.path())) == Reason::kAlreadyExists);
}

}  // namespace
}  // namespace leasehold
