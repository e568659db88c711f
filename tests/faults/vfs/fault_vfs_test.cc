#include "tests/faults/vfs/fault_vfs.h"

#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "server/base/status.h"
#include "storage/sqlite/connection.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/storage/random_batches.h"
#include "tests/unit/storage/whole_file.h"

namespace leasehold {
namespace {

TEST_CASE("a plan is read from its text") {
  const auto plan = FaultVfs::ParsePlan("sync+write:17:lasting:full");
  REQUIRE(plan.has_value());
  CHECK(plan->calls == (FaultVfs::kSync | FaultVfs::kWrite));
  CHECK(plan->at == 17);
  CHECK((plan->lasting && plan->full && !plan->cut_power));
  CHECK(FaultVfs::ParsePlan("all:1:cut")->cut_power);
  for (const char* text :
       {"", "sync", "sync:", "sync:0", "sync:x", "sink:1", "sync:1:often", ":1"}) {
    INFO(text);
    CHECK(!FaultVfs::ParsePlan(text).has_value());
  }
}

TEST_CASE("a power cut takes what was not synced, and nothing else") {
  const TempFolder folder;
  const std::string path = folder.File("f");
  const std::string old_bytes(1500, 'o');
  const std::string new_bytes(3000, 'n');
  bool lost = false;
  bool kept = false;
  bool mixed = false;
  for (uint64_t seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    Unsynced unsynced(old_bytes.size(), /*fresh=*/false);
    unsynced.BeforeChange(0, new_bytes.size(), [&](uint64_t offset, uint64_t size) {
      return old_bytes.substr(offset, size);
    });
    WriteFile(path, new_bytes);
    unsynced.Lose(path, random);
    const std::string left = ReadFile(path);
    lost = lost || left == old_bytes;
    kept = kept || left == new_bytes;
    mixed = mixed || (left.find('o') != std::string::npos && left.find('n') != std::string::npos);
    unsynced.Synced(new_bytes.size());
    WriteFile(path, new_bytes);
    unsynced.Lose(path, random);
    REQUIRE(ReadFile(path) == new_bytes);
  }
  CHECK(lost);
  CHECK(mixed);
  // All of five sectors and the size at once is rare; some are kept in the mixed ones.
  CHECK((kept || mixed));
}

TEST_CASE("a call fails where the plan says, once or for good") {
  FaultVfs& faults = FaultVfs::Install();
  const TempFolder folder;
  WriteFile(folder.File("db"), "");
  auto connection = *SqliteConnection::Open(folder.File("db"), SqliteConnection::Mode::kBuild);
  REQUIRE(connection.Execute("CREATE TABLE t(x)").ok());
  faults.Arm({.calls = FaultVfs::kSync, .at = 1});
  CHECK(ReasonOf(connection.Execute("INSERT INTO t VALUES(1)")) == Reason::kIo);
  CHECK(faults.fired());
  CHECK(connection.Execute("INSERT INTO t VALUES(1)").ok());
  faults.Arm({.calls = FaultVfs::kSync, .at = 1, .lasting = true});
  CHECK(ReasonOf(connection.Execute("INSERT INTO t VALUES(1)")) == Reason::kIo);
  CHECK(ReasonOf(connection.Execute("INSERT INTO t VALUES(1)")) == Reason::kIo);
  faults.Disarm();
  CHECK(*connection.QueryNumber("SELECT count(*) FROM t") == 1);
}

// Run by the test below in a process of its own, which the environment arms.
TEST_CASE("create a store and say whether it failed", "[.armed]") {
  const TempFolder folder;
  Batch first;
  first.entries = {"zero"};
  first.head = HeadOf(1);
  SqliteOptions options;
  options.path = folder.File("store.db");
  options.reserve_bytes = DiskReserve::kStepBytes;
  CHECK(ReasonOf(SqliteStore::Create(options, {LogId(1), "o"}, first).status()) == Reason::kIo);
  CHECK(FaultVfs::Install().fired());
}

TEST_CASE("the environment arms a program") {
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    setenv("LEASEHOLD_FAULT_VFS", "sync:2", 1);
    execl("/proc/self/exe", "fault_vfs_test", "[.armed]", nullptr);
    _exit(127);
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
}

}  // namespace
}  // namespace leasehold
