#include "storage/sqlite/migrations.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/whole_file.h"

namespace leasehold {
namespace {

constexpr Migration kTwo[] = {{1, "CREATE TABLE a(x)"},
                              {2, "CREATE TABLE b(y); INSERT INTO b VALUES(7)"}};
constexpr Migration kBroken[] = {{1, "CREATE TABLE a(x)"},
                                 {2, "CREATE TABLE b(y); INSERT INTO none VALUES(7)"}};

SqliteConnection EmptyDatabase(const TempFolder& folder) {
  WriteFile(folder.File("db"), "");
  return *SqliteConnection::Open(folder.File("db"), SqliteConnection::Mode::kBuild);
}

int64_t Schema(SqliteConnection& connection) {
  return *connection.QueryNumber("PRAGMA user_version");
}

TEST_CASE("migrations are numbered from 1 without gaps") {
  int64_t number = 0;
  for (const Migration& migration : AllMigrations()) CHECK(migration.number == ++number);
  CHECK(number >= 1);
}

TEST_CASE("an empty file and an older schema become the newest, once") {
  const TempFolder folder;
  SqliteConnection connection = EmptyDatabase(folder);
  REQUIRE(Migrate(connection, std::span(kTwo).first(1)).ok());
  CHECK(Schema(connection) == 1);
  CHECK(CheckSchema(connection, kTwo).ok());
  REQUIRE(Migrate(connection, kTwo).ok());
  REQUIRE(Migrate(connection, kTwo).ok());
  CHECK(Schema(connection) == 2);
  CHECK(*connection.QueryNumber("SELECT y FROM b") == 7);
  CHECK(*connection.QueryNumber("SELECT count(*) FROM b") == 1);
  CHECK(ReasonOf(CheckSchema(connection, std::span(kTwo).first(1))) == Reason::kStoreSchemaNewer);
}

TEST_CASE("a step that fails leaves the schema before it") {
  const TempFolder folder;
  SqliteConnection connection = EmptyDatabase(folder);
  const absl::Status migrated = Migrate(connection, kBroken);
  CHECK(!migrated.ok());
  CHECK(std::string(migrated.message()).find("migrate to schema 2") != std::string::npos);
  CHECK(Schema(connection) == 1);
  CHECK(*connection.QueryNumber("SELECT count(*) FROM sqlite_schema") == 1);
  // Not inside a transaction any more.
  CHECK(connection.Execute("BEGIN IMMEDIATE; COMMIT").ok());
}

TEST_CASE("a database of another program is no store") {
  const TempFolder folder;
  SqliteConnection connection = EmptyDatabase(folder);
  REQUIRE(connection.Execute("CREATE TABLE t(x); PRAGMA user_version=1").ok());
  CHECK(ReasonOf(CheckSchema(connection)) == Reason::kStoreDamaged);
}

}  // namespace
}  // namespace leasehold
