#include "storage/sqlite/sqlite_store.h"

#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "storage/sqlite/connection.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/random_batches.h"
#include "tests/unit/storage/sqlite/sqlite_harness.h"
#include "tests/unit/storage/store_conformance.h"
#include "tests/unit/storage/whole_file.h"

namespace leasehold {
namespace {

using Strings = std::vector<std::string>;

Batch Entries(uint64_t first_index, std::vector<std::string> entries) {
  Batch batch;
  batch.first_index = first_index;
  batch.head = HeadOf(first_index + entries.size());
  batch.entries = std::move(entries);
  return batch;
}

std::unique_ptr<Store> MakeStore(SqliteHarness& harness) {
  auto store = harness.Create({LogId(1), "test.leasehold/1"}, Entries(0, {"zero"}));
  INFO(store.status());
  REQUIRE(store.ok());
  return *std::move(store);
}

// Appends `count` batches of one entry each and returns the new size.
uint64_t Grow(Store& store, uint64_t size, int count) {
  for (int i = 0; i < count; ++i) REQUIRE(store.Append(Entries(size++, {"entry"})).ok());
  return size;
}

Reason OpenReason(SqliteHarness& harness) { return ReasonOf(harness.Open().status()); }
std::string OpenMessage(SqliteHarness& harness) {
  return std::string(harness.Open().status().message());
}

// Runs SQL on the file as somebody with the sqlite3 program would; no store may have it open.
void RunSql(const std::string& path, const std::string& sql) {
  auto connection = SqliteConnection::Open(path, SqliteConnection::Mode::kWrite);
  REQUIRE(connection.ok());
  const absl::Status done = connection->Execute(sql);
  INFO(done);
  REQUIRE(done.ok());
}

TEST_CASE("the SQLite store keeps the promises of Store") {
  CheckStoreConformance([] { return std::make_unique<SqliteHarness>(); });
}

TEST_CASE("the SQLite store agrees with a model under random batches, restarts and backups") {
  for (const uint64_t seed : {1, 2, 3, 4, 5, 6}) {
    CheckStoreAgainstModel([] { return std::make_unique<SqliteHarness>(); }, seed, 120);
  }
}

TEST_CASE("a store is sound for SQLite after random work") {
  SqliteHarness harness;
  RandomBatches batches(77);
  auto store = *harness.Create(batches.genesis(), batches.Next());
  for (int i = 0; i < 300; ++i) REQUIRE(store->Append(batches.Next()).ok());
  const std::string copy = harness.BackupPath();
  REQUIRE(store->BackupTo(copy).ok());
  store.reset();
  for (const std::string& path : {harness.path(), copy}) {
    auto connection = *SqliteConnection::Open(path, SqliteConnection::Mode::kRead);
    CHECK(*connection.QueryText("PRAGMA integrity_check") == "ok");
  }
}

TEST_CASE("the connection that writes has the settings that make a commit durable") {
  SqliteHarness harness;
  MakeStore(harness);
  auto writer = *SqliteConnection::Open(harness.path(), SqliteConnection::Mode::kWrite);
  CHECK(*writer.QueryText("PRAGMA journal_mode") == "wal");
  struct Case {
    const char* pragma;
    int64_t value;
  };
  const Case cases[] = {
      {"PRAGMA synchronous", 2},
      {"PRAGMA page_size", 4096},
      {"PRAGMA secure_delete", 1},
      {"PRAGMA foreign_keys", 1},
      {"PRAGMA trusted_schema", 0},
      {"PRAGMA cell_size_check", 1},
      {"PRAGMA cache_size", -16384},
      {"PRAGMA mmap_size", 0},
      {"SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND NOT strict"
       " AND name NOT LIKE 'sqlite_%'",
       0},
  };
  for (const Case& c : cases) {
    INFO(c.pragma);
    // Answers no row where memory mapping is off altogether.
    const auto value = writer.QueryNumber(c.pragma);
    CHECK(value.value_or(0) == c.value);
  }
}

TEST_CASE("only the server's user may read the store's files") {
  SqliteHarness harness;
  const auto store = MakeStore(harness);
  REQUIRE(store->BackupTo(harness.BackupPath()).ok());
  for (const std::string& name : harness.folder().Names()) {
    struct stat info {};
    REQUIRE(stat(harness.folder().File(name).c_str(), &info) == 0);
    INFO(name);
    CHECK((info.st_mode & 0777) == 0600);
  }
  CHECK(harness.folder().Names() == Strings{"backup-1", "store.db", "store.db-shm", "store.db-wal",
                                            "store.db.anchor", "store.db.lock",
                                            "store.db.reserve"});
}

TEST_CASE("the WAL is copied to the database and used again from its start") {
  SqliteHarness harness;
  const auto store = MakeStore(harness);
  // 40 MB of entries, while the WAL holds 1,000 pages and a batch.
  for (uint64_t i = 0; i < 100; ++i) {
    REQUIRE(store->Append(Entries(1 + 8 * i, Strings(8, std::string(50'000, 'e')))).ok());
  }
  CHECK(std::filesystem::file_size(harness.path() + "-wal") < 6'000'000);
}

TEST_CASE("what was erased is in no file, as soon as no reader needs the old pages") {
  SqliteHarness harness;
  auto store = MakeStore(harness);
  Batch batch = Entries(1, {"one"});
  batch.texts = {{TextId(1), 1, "the-salt-of-it", "the-name-of-a-person"}};
  batch.versions = {{{EntityUid(1), VersionNumber(1)}, 1, "the-wrapped-key", "the-ciphertext", {}}};
  REQUIRE(store->Append(batch).ok());
  Batch erase = Entries(2, {"two"});
  erase.erased_texts = {TextId(1)};
  erase.destroyed_versions = {{EntityUid(1), VersionNumber(1)}};
  const bool with_reader = GENERATE(false, true);
  std::unique_ptr<StoreView> reader;
  if (with_reader) reader = *store->NewView();
  REQUIRE(store->Append(erase).ok());
  if (with_reader) {
    // Proves that the marks are found where they are.
    CHECK(ReadFile(harness.path() + "-wal").find("the-name-of-a-person") != std::string::npos);
    reader.reset();
    Grow(*store, 3, 16);
  }
  const auto is_clean = [](const std::string& bytes) {
    for (const char* mark : {"the-salt", "the-name", "the-wrapped", "the-ciphertext"}) {
      if (bytes.find(mark) != std::string::npos) return false;
    }
    return true;
  };
  CHECK(is_clean(ReadFile(harness.path() + "-wal")));
  store.reset();
  CHECK(is_clean(ReadFile(harness.path())));
}

TEST_CASE("a missing store is refused with the way to make one") {
  SqliteHarness harness;
  CHECK(OpenReason(harness) == Reason::kStoreMissing);
  CHECK(OpenMessage(harness).find("leasehold server init") != std::string::npos);
  CHECK(harness.folder().Names().empty());
}

TEST_CASE("a file that is no store of ours is refused as damaged") {
  SqliteHarness harness;
  MakeStore(harness);
  const std::string whole = ReadFile(harness.path());
  REQUIRE(whole.size() > 10 * 4096);
  SqliteHarness other;
  auto foreign = *SqliteConnection::Open((WriteFile(other.path(), ""), other.path()),
                                         SqliteConnection::Mode::kBuild);
  REQUIRE(foreign.Execute("CREATE TABLE t(x)").ok());
  struct Case {
    const char* why;
    std::string bytes;
  };
  const Case cases[] = {
      {"empty", ""},
      {"shorter than a header", whole.substr(0, 50)},
      {"cut inside the first page", whole.substr(0, 3000)},
      {"cut after the first page", whole.substr(0, 4096)},
      {"cut in the middle", whole.substr(0, whole.size() / 2)},
      {"the last page missing", whole.substr(0, whole.size() - 4096)},
      {"garbage", std::string(40'000, 'x')},
      {"another program's database", ReadFile(other.path())},
  };
  for (const Case& c : cases) {
    INFO(c.why);
    WriteFile(harness.path(), c.bytes);
    CHECK(OpenReason(harness) == Reason::kStoreDamaged);
    CHECK(ReasonOf(OpenReadOnly(harness.path()).status()) == Reason::kStoreDamaged);
    CHECK(ReadFile(harness.path()) == c.bytes);
  }
}

TEST_CASE("a store of a newer schema is refused and left as it is") {
  SqliteHarness harness;
  MakeStore(harness);
  RunSql(harness.path(), "PRAGMA user_version=9");
  const std::string before = ReadFile(harness.path());
  CHECK(OpenReason(harness) == Reason::kStoreSchemaNewer);
  CHECK(OpenMessage(harness).find("schema 9 is newer than this server (1); use the server version "
                                  "that wrote it or a newer one") != std::string::npos);
  CHECK(ReasonOf(OpenReadOnly(harness.path()).status()) == Reason::kStoreSchemaNewer);
  CHECK(ReadFile(harness.path()) == before);
}

TEST_CASE("a ledger that does not end where its head says is damaged") {
  SqliteHarness harness;
  Grow(*MakeStore(harness), 1, 3);
  RunSql(harness.path(), GENERATE("DELETE FROM entries WHERE idx = 3",
                                  "INSERT INTO entries VALUES(4, x'00', 0)", "DELETE FROM head"));
  CHECK(OpenReason(harness) == Reason::kStoreDamaged);
}

TEST_CASE("a row that does not fit its checksum is damage, and the sentence names it") {
  SqliteHarness harness;
  auto store = MakeStore(harness);
  Batch batch = Entries(1, {"one", "two", "three"});
  batch.versions = {{{EntityUid(3), VersionNumber(1)}, 1, "wrapped", "cipher", {"user"}}};
  batch.keys = {{2, 1, "sealed"}};
  REQUIRE(store->Append(batch).ok());
  store.reset();
  const auto [sql, sentence] = GENERATE(table<std::string, std::string>({
      {"UPDATE entries SET bytes = x'74774f' WHERE idx = 2", "entry 2 was changed"},
      {"UPDATE entries SET crc = crc + 1 WHERE idx = 2", "entry 2 was changed"},
      {"UPDATE entries AS a SET bytes = (SELECT bytes FROM entries AS b WHERE b.idx = 4 - a.idx),"
       " crc = (SELECT crc FROM entries AS b WHERE b.idx = 4 - a.idx) WHERE idx IN (1, 3)",
       "entry 1 was changed"},
      {"UPDATE versions SET wrapped_key = x'77726170706544'", "version 1 of secret 3 was changed"},
      {"UPDATE versions SET ciphertext = NULL", "version 1 of secret 3 was changed"},
      {"UPDATE versions SET field_names = 'users'", "version 1 of secret 3 was changed"},
      {"UPDATE keys SET sealed = x'7365616c6544'", "key 1 of class 2 was changed"},
  }));
  RunSql(harness.path(), sql);
  const auto view = OpenReadOnly(harness.path());
  REQUIRE(view.ok());
  absl::Status found =
      (*view)->ReadEntries(0, 4, [](uint64_t, std::string_view) { return absl::OkStatus(); });
  found.Update((*view)->ReadVersion({EntityUid(3), VersionNumber(1)}).status());
  found.Update((*view)->ReadKeys().status());
  CHECK(ReasonOf(found) == Reason::kStoreDamaged);
  CHECK_THAT(std::string(found.message()), Catch::Contains(sentence));
}

TEST_CASE("an older copy that was put back by hand is refused") {
  SqliteHarness harness;
  auto store = MakeStore(harness);
  uint64_t size = Grow(*store, 1, 5);
  store.reset();
  const std::string old = ReadFile(harness.path());
  store = *harness.Open();
  size = Grow(*store, size, 1);
  const bool cleanly = GENERATE(true, false);
  std::string wal;
  if (!cleanly) wal = ReadFile(harness.path() + "-wal");
  store.reset();
  SECTION("without its WAL") {
    WriteFile(harness.path(), old);
    CHECK(OpenReason(harness) == Reason::kStoreRolledBack);
    CHECK(OpenMessage(harness).find("the ledger ends at 6 entries, but it had 7") !=
          std::string::npos);
    CHECK(OpenMessage(harness).find("leasehold server restore") != std::string::npos);
  }
  SECTION("with the anchor removed too") {
    WriteFile(harness.path(), old);
    std::filesystem::remove(harness.path() + ".anchor");
    CHECK(OpenReason(harness) == Reason::kStoreRolledBack);
    CHECK(OpenMessage(harness).find("leasehold server restore") != std::string::npos);
  }
  SECTION("but with the newest WAL it is not older") {
    if (!cleanly) {
      WriteFile(harness.path(), old);
      WriteFile(harness.path() + "-wal", wal);
      REQUIRE(harness.Open().ok());
      CHECK((*(*harness.Open())->NewView())->Head()->size == size);
    }
  }
}

TEST_CASE("another ledger of the same length is refused") {
  SqliteHarness harness;
  Grow(*MakeStore(harness), 1, 5);
  RunSql(harness.path(), "UPDATE head SET root = zeroblob(32)");
  CHECK(OpenReason(harness) == Reason::kStoreRolledBack);
}

TEST_CASE("an anchor that lags behind is accepted and shown") {
  SqliteHarness harness;
  auto store = MakeStore(harness);
  const uint64_t size = Grow(*store, 1, 3);
  CHECK(*store->AnchorHead() == HeadOf(1));
  store.reset();
  const std::string anchor = ReadFile(harness.path() + ".anchor");
  store = *harness.Open();
  Grow(*store, size, 5);
  store.reset();
  WriteFile(harness.path() + ".anchor", anchor);
  store = *harness.Open();
  CHECK(*store->AnchorHead() == HeadOf(size));
  Grow(*store, size + 5, 1);
  store.reset();
  CHECK(*(*harness.Open())->AnchorHead() == HeadOf(size + 6));
}

TEST_CASE("restoring takes a database without an anchor, and the first append makes one") {
  SqliteHarness harness;
  Grow(*MakeStore(harness), 1, 3);
  const bool stale = GENERATE(false, true);
  if (stale) {
    WriteFile(harness.path() + ".anchor", "damaged");
  } else {
    std::filesystem::remove(harness.path() + ".anchor");
  }
  CHECK(OpenReason(harness) == Reason::kStoreRolledBack);
  harness.options().restoring = true;
  auto store = *harness.Open();
  CHECK(!store->AnchorHead().has_value());
  Grow(*store, 4, 1);
  store.reset();
  harness.options().restoring = false;
  CHECK(*(*harness.Open())->AnchorHead() == HeadOf(5));
}

TEST_CASE("one database has one lock, whatever name leads to it") {
  SqliteHarness harness;
  const auto store = MakeStore(harness);
  const TempFolder elsewhere;
  std::filesystem::create_symlink(harness.path(), elsewhere.File("link.db"));
  SqliteOptions options = harness.options();
  options.path = elsewhere.File("link.db");
  CHECK(ReasonOf(SqliteStore::Open(options).status()) == Reason::kStoreLocked);
}

TEST_CASE("a store that cannot be created leaves nothing behind") {
  SqliteHarness harness;
  const auto create = [&] {
    return harness.Create({LogId(1), "o"}, Entries(0, {"zero"})).status();
  };
  SECTION("in a folder that does not exist") {
    harness.options().path = harness.folder().File("none/store.db");
    const absl::Status status = create();
    CHECK(ReasonOf(status) == Reason::kIo);
    CHECK(std::string(status.message()).find(harness.folder().File("none")) != std::string::npos);
  }
  SECTION("below a file") {
    WriteFile(harness.folder().File("file"), "x");
    harness.options().path = harness.folder().File("file/store.db");
    CHECK(ReasonOf(create()) == Reason::kIo);
    CHECK(harness.folder().Names() == Strings{"file"});
  }
  SECTION("where there is no room for the reserve") {
    harness.options().reserve_bytes = uint64_t{1} << 50;
    const absl::Status status = create();
    INFO(status);
    CHECK(ReasonOf(status) == Reason::kIo);
    CHECK(std::string(status.message()).find("MiB") != std::string::npos);
    CHECK(harness.folder().Names().empty());
  }
  SECTION("with a first batch that does not fit") {
    Batch bad = Entries(0, {"zero"});
    bad.erased_texts = {TextId(3)};
    CHECK(!harness.Create({LogId(1), "o"}, bad).ok());
    CHECK(harness.folder().Names().empty());
  }
  SECTION("beside the WAL of a database that was lost") {
    WriteFile(harness.path() + "-wal", "frames");
    CHECK(ReasonOf(create()) == Reason::kAlreadyExists);
    CHECK(harness.folder().Names() == Strings{"store.db-wal"});
  }
}

TEST_CASE("a folder that may not be written is named") {
  SqliteHarness harness;
  REQUIRE(chmod(harness.folder().path().c_str(), 0555) == 0);
  absl::Status created;
  // Root may write anywhere, so another user tries; the identity for files belongs to a thread.
  std::thread([&] {
    if (geteuid() == 0) setfsuid(65534);
    created = harness.Create({LogId(1), "o"}, Entries(0, {"zero"})).status();
  }).join();
  CHECK(ReasonOf(created) == Reason::kIo);
  CHECK(std::string(created.message()).find(StrCat(harness.folder().path(), ":")) !=
        std::string::npos);
  REQUIRE(chmod(harness.folder().path().c_str(), 0755) == 0);
  CHECK(harness.folder().Names().empty());
}

TEST_CASE("what an interrupted creation left is no obstacle") {
  SqliteHarness harness;
  for (const char* suffix :
       {".new", ".new-journal", ".anchor", ".anchor.new", ".reserve", ".lock"}) {
    WriteFile(harness.path() + suffix, "left over");
  }
  Grow(*MakeStore(harness), 1, 2);
  REQUIRE(harness.Open().ok());
  CHECK(harness.folder().Names() ==
        Strings{"store.db", "store.db.anchor", "store.db.lock", "store.db.reserve"});
}

TEST_CASE("a store whose reserve is gone and cannot be filled opens and says that room is short") {
  SqliteHarness harness;
  MakeStore(harness);
  std::filesystem::remove(harness.path() + ".reserve");
  harness.SetLow(true);
  const auto store = *harness.Open();
  CHECK(store->GetSpace().low);
  CHECK(std::filesystem::file_size(harness.path() + ".reserve") == 0);
  Batch revocation = Entries(1, {"revoked"});
  revocation.may_use_reserve = true;
  CHECK(store->Append(revocation).ok());
}

}  // namespace
}  // namespace leasehold
