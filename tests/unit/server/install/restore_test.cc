#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "server/base/status.h"
#include "server/ledger/verify/verify.h"
#include "server/vault/root_key.h"
#include "tests/unit/server/ledger/verify/forged_ledger.h"
#include "tests/unit/server/ledger/verify/ledger_world.h"

namespace leasehold {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<RestoreReport> Restore(LedgerWorld& world, const std::string& from) {
  return RestoreServer({.data_dir = world.data_dir(), .from = from, .clock = world.clock()});
}

size_t FilesIn(const std::string& path) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(path), fs::directory_iterator()));
}

TEST_CASE("a restored store keeps the promises: old leases ended, old tokens of another epoch") {
  LedgerWorld world;
  const LeaseNumber lease = world.Acquire("bot", "db/login");
  const std::string token = world.TokenOf(lease);
  const std::string backup = world.folder().File("backup.db");
  REQUIRE(world.store().BackupTo(backup).ok());
  const uint64_t size = world.size();
  // What happens after the backup is what the restore goes back behind.
  const LeaseNumber later = world.Acquire("crawler", "mail/key");
  const std::string later_token = world.TokenOf(later);
  world.Revoke(ByAgent("bot"));
  world.Close();

  const auto report = Restore(world, backup);
  INFO(report.status());
  REQUIRE(report.ok());
  CHECK(report->backup.size == size);
  CHECK(report->head.size > size);
  CHECK(report->leases_ended == 1);
  CHECK(report->tokens_ended == 2);
  CHECK(report->origin.starts_with("test.leasehold/"));
  REQUIRE_FALSE(report->moved_aside.empty());
  CHECK(fs::exists(report->moved_aside.front()));
  CHECK(VerifyFile(report->moved_aside.front()).outcome == VerifyOutcome::kOk);

  const VerifyReport verified = VerifyFile(world.database());
  INFO(ReportText(verified));
  CHECK(verified.outcome == VerifyOutcome::kOk);
  CHECK(verified.origin == report->origin);
  CHECK(verified.head == report->head);

  const absl::Status opened = world.Open();
  INFO(opened);
  REQUIRE(opened.ok());
  CHECK(world.UseToken("bot", token) == Reason::kRestoredEpoch);
  CHECK(world.UseToken("crawler", later_token) == Reason::kRestoredEpoch);
  // A token of the new epoch does not bring the old lease back either.
  CHECK(world.UseToken("bot", world.TokenOf(lease)) == Reason::kRestoredEpoch);
  CHECK(world.TryAcquire("bot", "db/login") == Reason::kRestoredEpoch);
  world.GiveToken("bot");
  CHECK(world.TryAcquire("bot", "db/login") == Reason::kHeld);
  world.Resume(ByAgent("bot"));
  const LeaseNumber fresh = world.Acquire("bot", "db/login");
  CHECK(fresh.value() == lease.value() + 1);
  CHECK(world.Use(fresh, "inventory"));
  world.Close();
  CHECK(VerifyFile(world.database()).outcome == VerifyOutcome::kOk);
}

TEST_CASE("a store can be restored again and again, by each start in between") {
  LedgerWorld world;
  world.Live();
  for (int round = 0; round < 3; ++round) {
    const std::string backup = world.folder().File("backup" + std::to_string(round));
    REQUIRE(world.store().BackupTo(backup).ok());
    world.Close();
    const auto report = Restore(world, backup);
    INFO(report.status());
    REQUIRE(report.ok());
    CHECK(report->stops_unknown.empty());
    REQUIRE(world.Open().ok());
    world.GiveToken("crawler");
    CHECK(world.Use(world.Acquire("crawler", "mail/key"), "mailer"));
  }
  const VerifyReport verified = VerifyFile(world.database());
  INFO(ReportText(verified));
  CHECK(verified.outcome == VerifyOutcome::kOk);
}

TEST_CASE("a folder that has lost its database is restored") {
  LedgerWorld world;
  world.Live();
  const std::string backup = world.folder().File("backup.db");
  REQUIRE(world.store().BackupTo(backup).ok());
  world.Close();
  for (const char* part : {"", ".anchor", ".lock", ".reserve"}) {
    fs::remove(world.database() + part);
  }
  const auto report = Restore(world, backup);
  INFO(report.status());
  REQUIRE(report.ok());
  CHECK(report->moved_aside.empty());
  CHECK(world.Open().ok());
}

TEST_CASE("an older copy that was put back by hand can be restored from where it lies") {
  LedgerWorld world;
  world.Close();
  const std::string older = world.folder().File("older.db");
  fs::copy_file(world.database(), older);
  REQUIRE(world.Open().ok());
  world.Live();
  world.Close();
  fs::copy_file(older, world.database(), fs::copy_options::overwrite_existing);
  REQUIRE(ReasonOf(world.Open()) == Reason::kStoreRolledBack);
  REQUIRE(Restore(world, world.database()).ok());
  CHECK(world.Open().ok());
}

TEST_CASE("a new epoch clears a clock mark that lies in the far future") {
  LedgerWorld world;
  world.clock().StepWall(absl::Hours(24 * 3650));
  world.GiveToken("bot");  // the first one is over by now
  world.Acquire("bot", "db/login");
  world.clock().StepWall(-absl::Hours(24 * 3650));
  const std::string backup = world.folder().File("backup.db");
  REQUIRE(world.store().BackupTo(backup).ok());
  world.Close();
  REQUIRE(Restore(world, backup).ok());
  REQUIRE(world.Open().ok());
  CHECK(world.authority().Now().ToTime() < world.clock().Now().wall + absl::Hours(1));
  world.GiveToken("bot");
  CHECK(world.Use(world.Acquire("bot", "db/login"), "inventory"));
  world.Close();
  CHECK(VerifyFile(world.database()).outcome == VerifyOutcome::kOk);
}

TEST_CASE("a restore that is refused changes nothing") {
  LedgerWorld world;
  world.Live();
  const std::string backup = world.folder().File("backup.db");
  REQUIRE(world.store().BackupTo(backup).ok());
  Reason expected = Reason::kNone;
  std::string from = backup;
  SECTION("a server runs") { expected = Reason::kStoreLocked; }
  if (expected == Reason::kNone) world.Close();
  SECTION("there is no backup") {
    from = world.folder().File("none.db");
    expected = Reason::kStoreMissing;
  }
  SECTION("the backup was changed") {
    RunSql(backup, "UPDATE entries SET bytes = x'00' WHERE idx = 9");
    expected = Reason::kLedgerViolation;
  }
  SECTION("the backup is no database") {
    from = RootKeyPath(world.data_dir());
    expected = Reason::kStoreDamaged;
  }
  SECTION("the backup is of another store") {
    LedgerWorld other;
    from = world.folder().File("other.db");
    REQUIRE(other.store().BackupTo(from).ok());
    expected = Reason::kRootKeyWrong;
  }
  SECTION("there is no root key") {
    fs::remove(RootKeyPath(world.data_dir()));
    expected = Reason::kRootKeyUnusable;
  }
  const size_t files = FilesIn(world.data_dir());
  const auto report = Restore(world, from);
  INFO(report.status());
  CHECK(ReasonOf(report.status()) == expected);
  CHECK(FilesIn(world.data_dir()) == files);
  CHECK(VerifyFile(world.database()).outcome == VerifyOutcome::kOk);
}

}  // namespace
}  // namespace leasehold
