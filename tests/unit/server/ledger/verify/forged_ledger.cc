#include "tests/unit/server/ledger/verify/forged_ledger.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/entry_codec.h"
#include "server/ledger/merkle_log.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/unit/server/ledger/verify/ledger_world.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// Forged entries may be what EncodeEntry would never make, but protobuf they are.
std::string BytesOf(const Entry& entry) { return entry.SerializeAsString(); }

}  // namespace

ForgedLedger::ForgedLedger(std::string database) : database_(std::move(database)) {
  const auto view = OpenReadOnly(database_);
  REQUIRE(view.ok());
  const auto head = (*view)->Head();
  REQUIRE(head.ok());
  REQUIRE(head->size < MerkleLog::kTileWidth);
  REQUIRE((*view)
              ->ReadEntries(0, head->size,
                            [&](uint64_t, std::string_view bytes) {
                              Entry entry;
                              CHECK(entry.ParseFromString(std::string(bytes)));
                              entries_.push_back(std::move(entry));
                              return absl::OkStatus();
                            })
              .ok());
}

uint64_t ForgedLedger::IndexOf(Entry::KindCase kind, int n) const {
  std::vector<uint64_t> found;
  for (uint64_t i = 0; i < entries_.size(); ++i) {
    if (entries_[i].kind_case() == kind) found.push_back(i);
  }
  const int place = n < 0 ? static_cast<int>(found.size()) + n : n;
  REQUIRE(place >= 0);
  REQUIRE(place < static_cast<int>(found.size()));
  return found[static_cast<size_t>(place)];
}

uint64_t ForgedLedger::Append(Entry entry) {
  if (!entry.has_epoch_started() && entry.time_ms() == 0) {
    const Entry& last = entries_.back();
    entry.set_time_ms(last.has_epoch_started() ? 1 : last.time_ms() + 1);
  }
  entries_.push_back(std::move(entry));
  return entries_.size() - 1;
}

std::string ForgedLedger::RootAt(uint64_t size) const {
  MerkleLog tree;
  for (uint64_t i = 0; i < size; ++i) tree.Append(AsBytes(BytesOf(entries_[i])));
  return std::string(AsText(tree.Root()));
}

void ForgedLedger::Write() const {
  std::string sql = "BEGIN; DELETE FROM entries;";
  for (uint64_t i = 0; i < entries_.size(); ++i) {
    const std::string hex = HexEncode(AsBytes(BytesOf(entries_[i])));
    StrAppend(&sql, "INSERT INTO entries VALUES(", i, ", x'", hex, "', entry_check(", i, ", x'",
              hex, "'));");
  }
  StrAppend(&sql, "UPDATE head SET size = ", entries_.size(), ", root = x'",
            HexEncode(AsBytes(RootAt(entries_.size()))),
            // The clock's mark is not older than the entries either.
            "', mark_unix_ms = mark_unix_ms + 100 * 86400000; COMMIT");
  RunSql(database_, sql);
}

VerifyReport VerifyFile(const std::string& database, const VerifyOptions& options) {
  const auto report = VerifyDatabase(database, options);
  INFO(report.status());
  REQUIRE(report.ok());
  return *report;
}

std::string ReportText(const VerifyReport& report) {
  std::string text(VerifyOutcomeName(report.outcome));
  for (const Finding& finding : report.findings) StrAppend(&text, "\n", finding.sentence);
  return text;
}

void CheckForgeries(const std::string& database, const std::string& path,
                    std::span<const Forgery> forgeries) {
  for (const Forgery& forgery : forgeries) {
    INFO(forgery.why);
    std::filesystem::copy_file(database, path, std::filesystem::copy_options::overwrite_existing);
    ForgedLedger forged(path);
    const uint64_t index = forgery.forge(forged);
    forged.Write();
    const VerifyReport report = VerifyFile(path);
    INFO(ReportText(report));
    CHECK(report.outcome == VerifyOutcome::kViolation);
    REQUIRE_FALSE(report.findings.empty());
    CHECK(report.findings.front().index == index);
    CHECK_THAT(ReportText(report), Catch::Contains(forgery.sentence));
  }
}

}  // namespace leasehold
