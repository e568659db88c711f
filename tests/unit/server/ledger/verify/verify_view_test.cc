// Databases that somebody changed with the sqlite3 program, as far as that goes.

#include <catch2/catch.hpp>
#include <filesystem>
#include <optional>
#include <span>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/merkle_log.h"
#include "server/ledger/verify/verify.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/unit/server/ledger/verify/forged_ledger.h"
#include "tests/unit/server/ledger/verify/ledger_world.h"

namespace leasehold {
namespace {

constexpr std::optional<uint64_t> kNone = std::nullopt;
// Some entry: the one that defines the text or adds the version.
constexpr std::optional<uint64_t> kSome = ~uint64_t{0};

struct Tampering {
  const char* why;
  std::string sql;
  std::optional<uint64_t> index;  // of the first finding
  const char* sentence;
};

void CheckTampering(const LedgerWorld& world, std::span<const Tampering> cases) {
  for (const Tampering& c : cases) {
    INFO(c.why);
    const std::string path = world.folder().File("tampered.db");
    for (const char* suffix : {"", "-wal", "-shm"}) std::filesystem::remove(path + suffix);
    std::filesystem::copy_file(world.database(), path);
    RunSql(path, c.sql);
    const VerifyReport report = VerifyFile(path);
    INFO(ReportText(report));
    CHECK(report.outcome == VerifyOutcome::kViolation);
    REQUIRE_FALSE(report.findings.empty());
    if (c.index == kSome) {
      CHECK(report.findings.front().index.has_value());
    } else {
      CHECK(report.findings.front().index == c.index);
    }
    CHECK_THAT(report.findings.front().sentence, Catch::Contains(c.sentence));
  }
}

// Gives an entry the bytes that `bytes`, an SQL expression, makes of them, and a fitting checksum.
std::string Rewrite(uint64_t index, std::string_view bytes) {
  return StrCat("UPDATE entries SET bytes = ", bytes, " WHERE idx = ", index,
                "; UPDATE entries SET crc = entry_check(idx, bytes) WHERE idx = ", index);
}

TEST_CASE("an honest ledger verifies, with and without a snapshot, and while it is open") {
  LedgerWorld world;
  world.Live();
  VerifyReport report = VerifyFile(world.database());
  INFO(ReportText(report));
  CHECK(report.outcome == VerifyOutcome::kOk);
  CHECK(report.entries == world.size());
  CHECK(report.leases == 2);
  CHECK(report.allowed_uses == 5);
  CHECK(report.revocations == 1);
  CHECK_FALSE(report.snapshot_compared);
  world.Close();
  report = VerifyFile(world.database());
  INFO(ReportText(report));
  CHECK(report.outcome == VerifyOutcome::kOk);
  CHECK(report.snapshot_compared);
}

TEST_CASE("a ledger with many snapshots, tiles, summaries and restarts verifies") {
  LedgerWorld world(/*snapshot_entries=*/100);
  for (int round = 0; round < 3; ++round) {
    const LeaseNumber lease = world.Acquire("bot", "db/login");
    for (int i = 0; i < 4; ++i) world.UseOften(lease, "inventory", 100);
    if (round == 1) {
      world.Kill();
    } else {
      world.Close();
    }
    REQUIRE(world.Open().ok());
  }
  world.Live();
  const VerifyReport report = VerifyFile(world.database());
  INFO(ReportText(report));
  CHECK(report.outcome == VerifyOutcome::kOk);
  CHECK(report.entries > 1200);
  CHECK(report.snapshot_compared);
}

TEST_CASE("whatever is changed in a young ledger is named") {
  LedgerWorld world;
  world.Live();
  const uint64_t size = world.size();
  world.Close();
  const uint64_t snapshot = size;  // Close appends it
  const Tampering cases[] = {
      {"a byte of an entry",
       "UPDATE entries SET bytes = CAST(bytes || x'00' AS BLOB) WHERE idx = 17", 17,
       "entry 17 was changed"},
      {"a checksum", "UPDATE entries SET crc = crc + 1 WHERE idx = 17", 17, "entry 17 was changed"},
      {"an entry that is gone", "DELETE FROM entries WHERE idx = 17", 17, "entry 17 is missing"},
      {"the last entry gone", StrCat("DELETE FROM entries WHERE idx = ", size), kNone,
       "the ledger ends at entry"},
      {"the last entries gone, and the head's size with them",
       "DELETE FROM entries WHERE idx >= 20; UPDATE head SET size = 20", kNone,
       "the stored root is not that of the entries: one of the entries 0 to 19"},
      {"an entry twice",
       StrCat("INSERT INTO entries SELECT ", size + 1, ", bytes, entry_check(", size + 1,
              ", bytes) FROM entries WHERE idx = ", size - 1, "; UPDATE head SET size = size + 1"),
       kNone, "the stored root"},
      {"two entries exchanged, checksums and all",
       "UPDATE entries AS a SET bytes = (SELECT bytes FROM entries AS b WHERE b.idx = 35 - a.idx)"
       " WHERE idx IN (17, 18); UPDATE entries SET crc = entry_check(idx, bytes)",
       kSome, "entry "},
      {"an entry inserted, the others moved up",
       StrCat("UPDATE entries SET idx = -idx - 1 WHERE idx >= 17;"
              "UPDATE entries SET idx = -idx WHERE idx < 0;"
              "INSERT INTO entries SELECT 17, bytes, 0 FROM entries WHERE idx = 16;"
              "UPDATE entries SET crc = entry_check(idx, bytes);"
              "UPDATE head SET size = size + 1"),
       kSome, "entry "},
      {"an entry that is no protobuf", Rewrite(17, "x'ffff'"), 17, "is not protobuf"},
      {"an entry that is empty", Rewrite(17, "x''"), 17, "has no kind"},
      {"another root", "UPDATE head SET root = zeroblob(32)", kNone, "the stored root"},
      {"a text", "UPDATE texts SET text = x'61' WHERE id = 3", kSome, "entry "},
      {"a text's salt", "UPDATE texts SET salt = zeroblob(16) WHERE id = 3", kSome,
       "is not the one that it defines"},
      {"a text's kind", "UPDATE texts SET kind = 2 WHERE id = 3", kSome, "has another kind"},
      {"a text that is gone", "DELETE FROM texts WHERE id = 3", kNone, "text 3 is missing"},
      {"a text too many", "INSERT INTO texts VALUES(999, 1, x'61', x'61')", kNone,
       "is missing: the next one is text 999"},
      {"a text erased by hand", "UPDATE texts SET salt = NULL, text = NULL WHERE id = 2", kSome,
       "no entry says so"},
      {"a body", "UPDATE bodies SET body = x'00' WHERE rowid = 1", kNone,
       "is not the one with that hash"},
      {"a body that is gone", "DELETE FROM bodies WHERE rowid = 1", kSome, "body"},
      {"ciphertext", "UPDATE versions SET ciphertext = x'00' WHERE number = 2", kSome,
       "version 2 of secret"},
      {"a version that is gone", "DELETE FROM versions WHERE number = 2", kSome,
       "the ciphertext of the version that it adds is missing"},
      {"a key", "UPDATE keys SET sealed = x'00' WHERE class = 2", kNone,
       "key 1 of class 2 was changed"},
      {"a key that is gone", "DELETE FROM keys WHERE class = 3", kNone,
       "key 1 of class 3 is missing"},
      {"the store's id", "UPDATE genesis SET log = x'0102030405060708'", 0, "another ledger"},
      {"the store's origin", "UPDATE genesis SET origin = 'x'", 0, "another origin"},
      {"a clock set back", "UPDATE head SET mark_unix_ms = 1", kNone, "the clock's mark"},
      {"a revocation that is gone", "DELETE FROM snapshot WHERE section = 'revocations'", snapshot,
       "the snapshot's row (revocations"},
      {"a hold that is gone", "DELETE FROM snapshot WHERE section = 'holds'", snapshot,
       "(holds, agent 1) is missing"},
      {"a lease that lasts longer",
       "UPDATE snapshot SET body = CAST(body || x'0a00' AS BLOB) WHERE section = 'leases'",
       snapshot, "(leases 1 to 1024) is not what the entries come to"},
      {"a row of the snapshot too many",
       "INSERT INTO snapshot VALUES('credentials', x'0000000000000009', x'00')", snapshot,
       "(credentials, number 9) should not be there"},
      {"the snapshot's digest", "UPDATE head SET snapshot_digest = zeroblob(32)", kNone,
       "the stored snapshot says"},
      {"the snapshot's place", "UPDATE head SET snapshot_through = 3", kNone,
       "the stored snapshot says"},
      {"a tile too early", "INSERT INTO tiles VALUES(0, zeroblob(8192))", kNone,
       "the ledger is too short for it"},
      {"a summary too early", "INSERT INTO summaries VALUES(0, x'00')", kNone,
       "should not be there"},
  };
  CheckTampering(world, cases);
}

TEST_CASE("in a ledger with full tiles the tree names the entry, however well it was forged") {
  LedgerWorld world;
  const LeaseNumber lease = world.Acquire("bot", "db/login");
  world.UseOften(lease, "inventory", 1100);
  world.Close();
  REQUIRE(VerifyFile(world.database()).outcome == VerifyOutcome::kOk);
  // The last byte of a use is one of its trace id, which means nothing else.
  const std::string other = "CAST(substr(bytes, 1, length(bytes) - 1) || x'00' AS BLOB)";
  const Tampering cases[] = {
      {"an entry under the first tile", Rewrite(200, other), 200, "whose hash the tree holds"},
      {"an entry under the last full tile", Rewrite(1023, other), 1023,
       "whose hash the tree holds"},
      {"an entry behind it", Rewrite(1024, other), kNone, "one of the entries 1024 to "},
      {"a tile", "UPDATE tiles SET hashes = zeroblob(8192) WHERE id = 2", 512,
       "whose hash the tree holds"},
      {"a tile that is gone", "DELETE FROM tiles WHERE id = 2", kNone,
       "tile 2 of level 0 is missing"},
      {"a summary", "UPDATE summaries SET summary = x'00' WHERE block = 0", kNone,
       "the summary of the entries 0 to 1023 is not theirs"},
      {"a summary that is gone", "DELETE FROM summaries", kNone, "is missing"},
  };
  CheckTampering(world, cases);
}

Checkpoint CheckpointOf(const LedgerWorld& world, uint64_t size) {
  const auto view = OpenReadOnly(world.database());
  REQUIRE(view.ok());
  const auto root = MerkleLog::RootAt(**view, size);
  REQUIRE(root.ok());
  return {.origin = VerifyFile(world.database()).origin, .head = {size, *root}};
}

TEST_CASE("a checkpoint kept elsewhere tells a shorter or another ledger") {
  LedgerWorld world;
  world.Live();
  world.Close();
  VerifyOptions options{.checkpoint = CheckpointOf(world, 20)};
  VerifyReport report = VerifyFile(world.database(), options);
  INFO(ReportText(report));
  CHECK(report.outcome == VerifyOutcome::kOk);
  CHECK(report.checkpoint_consistent == true);

  options.checkpoint->head.size = 1350;
  report = VerifyFile(world.database(), options);
  CHECK(report.checkpoint_consistent == false);
  CHECK_THAT(ReportText(report),
             Catch::Contains(StrCat("the ledger ends at ", report.entries,
                                    " entries, but the checkpoint covers 1350: the later ones "
                                    "are missing, because the database is older")));

  LedgerWorld other;
  other.Live();
  other.Close();
  options.checkpoint = CheckpointOf(other, 20);
  report = VerifyFile(world.database(), options);
  CHECK(report.outcome == VerifyOutcome::kViolation);
  CHECK(report.checkpoint_consistent == false);
}

TEST_CASE("a ledger that was forged throughout is found by a checkpoint from before") {
  LedgerWorld world;
  world.Live();
  world.Kill();
  const VerifyOptions options{.checkpoint = CheckpointOf(world, 40)};
  ForgedLedger forged(world.database());
  // A refusal that looks like one of another method: nothing else contradicts it.
  forged.entries()[forged.IndexOf(ledger::v1::Entry::kUse, 1)].mutable_use()->set_trace_id("x");
  forged.Write();
  CHECK(VerifyFile(world.database()).outcome == VerifyOutcome::kOk);
  const VerifyReport report = VerifyFile(world.database(), options);
  CHECK(report.outcome == VerifyOutcome::kViolation);
  CHECK_THAT(ReportText(report), Catch::Contains("the first 40 entries are not those"));
}

TEST_CASE("a file that is no store is one finding, and one that is not there an error") {
  LedgerWorld world;
  const std::string path = world.folder().File("garbage.db");
  RunSql(world.database(), "SELECT 1");
  CHECK(ReasonOf(VerifyDatabase(path, {}).status()) == Reason::kStoreMissing);
  std::filesystem::copy_file(world.data_dir() + "/root.key", path);
  const VerifyReport report = VerifyFile(path);
  CHECK(report.outcome == VerifyOutcome::kViolation);
  CHECK(report.findings.size() == 1);
}

}  // namespace
}  // namespace leasehold
