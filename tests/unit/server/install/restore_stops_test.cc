// A restore goes back behind everything that happened after the backup, but what was stopped then
// stays stopped.

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/verify/verify.h"
#include "tests/unit/server/ledger/verify/forged_ledger.h"
#include "tests/unit/server/ledger/verify/ledger_world.h"

namespace leasehold {
namespace {

namespace fs = std::filesystem;
using Kind = StopKept::Kind;

std::string Backup(LedgerWorld& world, const std::string& name = "backup.db") {
  const std::string path = world.folder().File(name);
  REQUIRE(world.store().BackupTo(path).ok());
  return path;
}

// Restores, and checks that the result verifies.
RestoreReport Restore(LedgerWorld& world, const std::string& from) {
  const auto report =
      RestoreServer({.data_dir = world.data_dir(), .from = from, .clock = world.clock()});
  INFO(report.status());
  REQUIRE(report.ok());
  const VerifyReport verified = VerifyFile(world.database());
  INFO(ReportText(verified));
  CHECK(verified.outcome == VerifyOutcome::kOk);
  CHECK(verified.head == report->head);
  return *report;
}

// "held agents/bot", in the order of the report.
std::vector<std::string> StopsOf(const RestoreReport& report) {
  std::vector<std::string> stops;
  for (const StopKept& stop : report.stops_kept) {
    const std::string_view kind = stop.kind == Kind::kHeld      ? "held"
                                  : stop.kind == Kind::kDeleted ? "deleted"
                                                                : "disabled";
    stops.push_back(StrCat(kind, " ", stop.name));
  }
  return stops;
}

// Whether the server would take the token with this hash.
Reason JudgeToken(LedgerWorld& world, const Hash& hash) {
  return world.authority().published().Read([&](const PublishedState::View& view) {
    const Credential* credential = view.state.credentials().FindByHash(hash);
    REQUIRE(credential != nullptr);
    return view.state.CheckCredential(*credential, view.state.last_time());
  });
}

using List = std::vector<std::string>;

TEST_CASE("an agent that was revoked after the backup stays stopped, with an old token and a new") {
  LedgerWorld world;
  const Hash old_token = world.GiveToken("bot");
  world.Acquire("bot", "db/login");
  const std::string backup = Backup(world);
  const uint64_t revoked = world.size() + 1;  // behind the text of the reason
  world.Revoke(ByAgent("bot"));
  world.Close();

  const RestoreReport report = Restore(world, backup);
  CHECK(report.stops_unknown.empty());
  CHECK(StopsOf(report) == List{"held agents/bot"});
  CHECK(report.stops_kept.front().entry == revoked);
  CHECK(report.holds == List{"agents/bot"});
  CHECK(report.changed_back.empty());

  REQUIRE(world.Open().ok());
  CHECK(JudgeToken(world, old_token) == Reason::kRestoredEpoch);
  const Hash new_token = world.GiveToken("bot");
  CHECK(JudgeToken(world, new_token) == Reason::kNone);
  CHECK(world.TryAcquire("bot", "db/login") == Reason::kHeld);
  world.GiveToken("crawler");
  CHECK(world.TryAcquire("crawler", "db/login") == Reason::kNone);
  world.Resume(ByAgent("bot"));
  CHECK(world.TryAcquire("bot", "db/login") == Reason::kNone);
  world.Close();
  CHECK(VerifyFile(world.database()).outcome == VerifyOutcome::kOk);
}

TEST_CASE("a secret or workflow that was revoked after the backup is held") {
  LedgerWorld world;
  const std::string backup = Backup(world);
  world.Acquire("bot", "db/login");  // the backup does not know the workflow's name
  world.Revoke(BySecret("mail/key"));
  world.Revoke(ByWorkflow("triage"));
  world.Close();

  const RestoreReport report = Restore(world, backup);
  CHECK(StopsOf(report) == List{"held secrets/mail/key", "held workflows/triage"});
  REQUIRE(world.Open().ok());
  world.GiveToken("bot");
  CHECK(world.TryAcquire("bot", "mail/key", "other") == Reason::kHeld);
  CHECK(world.TryAcquire("bot", "db/login", "triage") == Reason::kHeld);
  CHECK(world.TryAcquire("bot", "db/login", "other") == Reason::kNone);
}

TEST_CASE("agents and secrets that were deleted after the backup come back held") {
  LedgerWorld world;
  const std::string backup = Backup(world);
  world.DeleteAgent("bot");
  world.DeleteSecret("mail/key");
  world.ApplyPolicies(absl::Minutes(30));
  world.Close();

  const RestoreReport report = Restore(world, backup);
  CHECK(StopsOf(report) == List{"deleted agents/bot", "disabled secrets/mail/key/versions/1",
                                "deleted secrets/mail/key"});
  CHECK(report.changed_back == List{"groups/bots", "policies"});
  CHECK(report.holds == List{"agents/bot", "secrets/mail/key"});
  REQUIRE(world.Open().ok());
  world.GiveToken("bot");
  world.GiveToken("crawler");
  CHECK(world.TryAcquire("bot", "db/login") == Reason::kHeld);
  CHECK(world.TryAcquire("crawler", "mail/key") == Reason::kHeld);
  // Who restores to have them again gets them.
  world.Resume(BySecret("mail/key"));
  world.ChangeVersion("mail/key", 1, VersionState::kEnabled);
  CHECK(world.TryAcquire("crawler", "mail/key") == Reason::kNone);
}

TEST_CASE("versions that were disabled or destroyed after the backup are disabled") {
  LedgerWorld world;
  world.AddVersion("db/login");
  world.AddVersion("db/login");
  world.ChangeVersion("db/login", 1, VersionState::kDisabled);
  const std::string backup = Backup(world);
  world.ChangeVersion("db/login", 1, VersionState::kDestroyed);  // was disabled before
  world.ChangeVersion("db/login", 2, VersionState::kDestroyed);
  world.ChangeVersion("db/login", 3, VersionState::kDisabled);
  world.ChangeVersion("db/login", 3, VersionState::kEnabled);
  world.ChangeVersion("mail/key", 1, VersionState::kDisabled);
  world.AddVersion("mail/key");
  world.ChangeVersion("mail/key", 2, VersionState::kDisabled);  // unknown to the backup
  world.Close();

  const RestoreReport report = Restore(world, backup);
  CHECK(StopsOf(report) ==
        List{"disabled secrets/db/login/versions/2", "disabled secrets/mail/key/versions/1"});
  REQUIRE(world.Open().ok());
  world.GiveToken("bot");
  CHECK(world.TryAcquire("bot", "db/login") == Reason::kNone);
  CHECK(world.TryAcquire("bot", "mail/key") == Reason::kVersionDisabled);
}

TEST_CASE("what was held in the backup or resumed after it is as in the backup, and held once") {
  LedgerWorld world;
  world.Revoke(ByAgent("bot"));
  world.Revoke(BySecret("mail/key"));
  const std::string backup = Backup(world);
  world.Resume(ByAgent("bot"));
  world.Revoke(ByAgent("crawler"));
  world.Resume(ByAgent("crawler"));
  world.Close();
  const RestoreReport report = Restore(world, backup);
  CHECK(report.stops_kept.empty());
  CHECK(report.holds == List{"agents/bot", "secrets/mail/key"});
  CHECK(report.stops_unknown.empty());
}

TEST_CASE("a stop outlives restore after restore from the same backup") {
  LedgerWorld world;
  const std::string backup = Backup(world);
  world.Revoke(ByAgent("bot"));
  world.Close();
  for (int round = 0; round < 3; ++round) {
    const RestoreReport report = Restore(world, backup);
    CHECK(report.stops_unknown.empty());
    CHECK(report.holds == List{"agents/bot"});
  }
  REQUIRE(world.Open().ok());
  world.GiveToken("bot");
  CHECK(world.TryAcquire("bot", "db/login") == Reason::kHeld);
}

TEST_CASE("a stop in a long ledger that the server left with kill -9 is kept") {
  LedgerWorld world(/*snapshot_entries=*/100);
  const LeaseNumber lease = world.Acquire("crawler", "mail/key");
  world.UseOften(lease, "mailer", 300);
  const std::string backup = Backup(world);
  world.UseOften(lease, "mailer", 700);
  world.Revoke(ByAgent("bot"));
  world.UseOften(lease, "mailer", 300);
  world.Kill();
  const RestoreReport report = Restore(world, backup);
  CHECK(StopsOf(report) == List{"held agents/bot"});
  CHECK(report.stops_unknown.empty());
}

TEST_CASE("where nobody can know what was stopped after the backup, the report says so") {
  LedgerWorld world;
  world.TryAcquire("crawler", "mail/key", "other");
  world.Revoke(ByWorkflow("other"));
  std::string backup = Backup(world);
  const uint64_t size = world.size();
  world.Live();  // revokes bot
  world.Close();
  std::string why;
  List stops;
  SECTION("there is no database") {
    for (const char* part : {"", ".anchor"}) fs::remove(world.database() + part);
    why = "there was no database in the folder";
  }
  SECTION("there is no head anchor") {
    fs::remove(world.database() + ".anchor");
    why = "without its head anchor";
    stops = {"disabled secrets/db/login/versions/1", "held agents/bot"};
  }
  SECTION("the database is no database") {
    fs::resize_file(world.database(), 100);
    why = "cannot be read whole";
  }
  SECTION("an entry before the stop cannot be read") {
    RunSql(world.database(), StrCat("UPDATE entries SET bytes = x'00' WHERE idx = ", size + 1));
    why = "cannot be read whole";
  }
  SECTION("an entry after the stop cannot be read, and the stop is kept") {
    RunSql(world.database(),
           "UPDATE entries SET bytes = x'00' WHERE idx = (SELECT max(idx) FROM entries)");
    why = "cannot be read whole";
    stops = {"disabled secrets/db/login/versions/1", "held agents/bot"};
  }
  SECTION("an entry was changed by somebody who knows the format") {
    ForgedLedger forged(world.database());
    const uint64_t index = forged.IndexOf(ledger::v1::Entry::kBackupTaken);
    forged.entries()[index].mutable_backup_taken()->set_size(1);
    const std::string bytes = forged.entries()[index].SerializeAsString();
    RunSql(world.database(),
           StrCat("UPDATE entries SET bytes = x'", HexEncode(AsBytes(bytes)),
                  "' WHERE idx = ", index, "; UPDATE entries SET crc = entry_check(idx, bytes)"));
    why = "its entries were changed";
    stops = {"disabled secrets/db/login/versions/1", "held agents/bot"};
  }
  SECTION("the database is an older copy") {
    fs::copy_file(backup, world.database(), fs::copy_options::overwrite_existing);
    why = "is older than its head anchor";
  }
  SECTION("the database took another way from an earlier backup") {
    Restore(world, backup);
    REQUIRE(world.Open().ok());
    world.GiveToken("crawler");
    const std::string other = Backup(world, "other.db");
    world.Close();
    Restore(world, backup);
    backup = other;
    why = "does not go on from the backup";
  }
  const RestoreReport report = Restore(world, backup);
  CHECK_THAT(report.stops_unknown, Catch::Contains(why));
  for (const std::string& stop : stops) {
    INFO(stop);
    CHECK_THAT(StopsOf(report), Catch::VectorContains(stop));
  }
  CHECK_THAT(report.holds, Catch::VectorContains(std::string("workflows/other")));
}

TEST_CASE("a backup that is newer than the database lacks no stop") {
  LedgerWorld world;
  world.Revoke(ByAgent("bot"));
  const std::string backup = Backup(world);
  world.Close();
  const RestoreReport report = Restore(world, backup);
  CHECK(report.stops_unknown.empty());
  CHECK(report.holds == List{"agents/bot"});
}

}  // namespace
}  // namespace leasehold
