#include <sys/stat.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "server/base/status.h"
#include "server/install/install.h"
#include "server/vault/root_key.h"
#include "tests/unit/server/ledger/verify/ledger_world.h"

namespace leasehold {
namespace {

namespace fs = std::filesystem;

Reason OpenReason(const LedgerWorld& world) {
  return ReasonOf(OpenServerStore(world.data_dir()).status());
}

TEST_CASE("what a server finds wrong with its data folder") {
  LedgerWorld world;
  SECTION("another server has it open") { CHECK(OpenReason(world) == Reason::kStoreLocked); }
  world.Close();
  SECTION("nothing") { CHECK(OpenReason(world) == Reason::kNone); }
  SECTION("no database") {
    fs::remove(world.database());
    CHECK(OpenReason(world) == Reason::kStoreMissing);
  }
  SECTION("no root key") {
    fs::remove(RootKeyPath(world.data_dir()));
    CHECK(OpenReason(world) == Reason::kRootKeyUnusable);
  }
  SECTION("a root key that others may read") {
    REQUIRE(chmod(RootKeyPath(world.data_dir()).c_str(), 0644) == 0);
    CHECK(OpenReason(world) == Reason::kRootKeyUnusable);
  }
  SECTION("another root key") {
    fs::remove(RootKeyPath(world.data_dir()));
    REQUIRE(CreateRootKeyFile(RootKeyPath(world.data_dir())).ok());
    CHECK(OpenReason(world) == Reason::kRootKeyWrong);
  }
  SECTION("a key that was changed") {
    RunSql(world.database(), "UPDATE keys SET sealed = x'00' WHERE class = 3");
    CHECK(OpenReason(world) == Reason::kStoreDamaged);
  }
  SECTION("no head anchor") {
    fs::remove(world.database() + ".anchor");
    CHECK(OpenReason(world) == Reason::kStoreRolledBack);
  }
}

TEST_CASE("an older copy put back by hand is refused") {
  LedgerWorld world;
  world.Close();
  const std::string older = world.folder().File("older.db");
  fs::copy_file(world.database(), older);
  REQUIRE(world.Open().ok());
  world.Acquire("bot", "db/login");
  world.Close();
  fs::copy_file(older, world.database(), fs::copy_options::overwrite_existing);
  CHECK(OpenReason(world) == Reason::kStoreRolledBack);
}

TEST_CASE("another ledger in the database's place is refused, however long it is") {
  LedgerWorld world;
  world.Close();
  LedgerWorld other;
  other.Live();
  other.Close();
  REQUIRE(fs::file_size(other.database()) >= fs::file_size(world.database()));
  fs::copy_file(other.database(), world.database(), fs::copy_options::overwrite_existing);
  // Even with the other one's key.
  fs::copy_file(RootKeyPath(other.data_dir()), RootKeyPath(world.data_dir()),
                fs::copy_options::overwrite_existing);
  CHECK(OpenReason(world) == Reason::kStoreRolledBack);
}

}  // namespace
}  // namespace leasehold
