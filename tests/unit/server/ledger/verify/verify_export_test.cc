#include "server/ledger/verify/verify_export.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "leasehold/v1/ledger.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/checkpoint.h"
#include "server/ledger/verify/export_file.h"
#include "storage/sqlite/sqlite_store.h"
#include "tests/unit/server/ledger/verify/forged_ledger.h"
#include "tests/unit/server/ledger/verify/ledger_world.h"

namespace leasehold {
namespace {

using Records = std::vector<v1::ExportRecord>;

v1::ExportRecord SignedEnd(const LedgerWorld& world, StoreView& view) {
  const std::string origin = VerifyFile(world.database()).origin;
  const auto verifier = NoteVerifier::Make(origin, world.vault().CheckpointPublicKey());
  REQUIRE(verifier.ok());
  const auto note = SignCheckpoint(
      {origin, *view.Head()}, *verifier, [&](ByteView message) -> auto{
        return absl::StatusOr<Ed25519Signature>(*world.vault().SignCheckpoint(1, message));
      });
  REQUIRE(note.ok());
  v1::ExportRecord record;
  record.mutable_checkpoint()->set_note(*note);
  record.mutable_checkpoint()->set_verifier_key(verifier->ToText());
  return record;
}

// What a server exports.
Records ExportOf(const LedgerWorld& world) {
  Records records;
  const auto view = OpenReadOnly(world.database());
  REQUIRE(view.ok());
  const uint64_t size = (*view)->Head()->size;
  records.emplace_back().mutable_header()->set_format(1);
  records.back().mutable_header()->set_tree_size(size);
  absl::Status read = (*view)->ReadTexts([&](const TextRow& row) {
    v1::ExportText* text = records.emplace_back().mutable_text();
    text->set_id(row.id.value());
    text->set_kind(static_cast<uint32_t>(row.kind));
    text->set_salt(row.salt);
    text->set_text(row.text);
    return absl::OkStatus();
  });
  read.Update((*view)->ReadBodies([&](const BodyRow& row) {
    records.emplace_back().mutable_body()->set_body(row.body);
    return absl::OkStatus();
  }));
  read.Update((*view)->ReadEntries(0, size, [&](uint64_t index, std::string_view bytes) {
    records.emplace_back().mutable_entry()->set_index(index);
    records.back().mutable_entry()->set_raw(std::string(bytes));
    return absl::OkStatus();
  }));
  read.Update((*view)
                  ->ReadSnapshot([&](const SnapshotRow& row) {
                    v1::ExportSnapshotRow* out = records.emplace_back().mutable_snapshot_row();
                    out->set_section(row.section);
                    out->set_key(row.key);
                    out->set_body(row.body);
                    return absl::OkStatus();
                  })
                  .status());
  REQUIRE(read.ok());
  records.push_back(SignedEnd(world, **view));
  return records;
}

absl::StatusOr<VerifyReport> VerifyRecords(const Records& records) {
  ExportVerifier verifier({});
  for (const v1::ExportRecord& record : records) {
    RETURN_IF_ERROR(verifier.Add(record));
  }
  return verifier.Finish();
}

// A world whose newest snapshot is in the ledger.
void Prepare(LedgerWorld& world) {
  world.Live();
  world.Close();
  REQUIRE(world.Open().ok());
  world.NoteBackup();
}

size_t PlaceOf(const Records& records, v1::ExportRecord::RecordCase kind, size_t n = 0) {
  for (size_t i = 0; i < records.size(); ++i) {
    if (records[i].record_case() == kind && n-- == 0) return i;
  }
  FAIL("no such record");
  return 0;
}

void WriteFile(const std::string& path, const Records& records) {
  std::ofstream out(path, std::ios::binary);
  for (const v1::ExportRecord& record : records) REQUIRE(WriteExportRecord(record, &out).ok());
}

TEST_CASE("an honest export verifies, in a file too") {
  LedgerWorld world;
  Prepare(world);
  const Records records = ExportOf(world);
  auto report = VerifyRecords(records);
  REQUIRE(report.ok());
  INFO(ReportText(*report));
  CHECK(report->outcome == VerifyOutcome::kOk);
  CHECK(report->entries == world.size());
  CHECK(report->snapshot_compared);
  const std::string path = world.folder().File("export");
  WriteFile(path, records);
  report = VerifyExportFile(path, {});
  REQUIRE(report.ok());
  CHECK(report->outcome == VerifyOutcome::kOk);
}

TEST_CASE("an export that was changed is found, and the entry named") {
  struct Case {
    const char* why;
    std::function<void(Records&)> change;
    const char* sentence;
  };
  using R = v1::ExportRecord;
  const Case cases[] = {
      {"a byte of an entry",
       [](Records& r) {
         std::string& raw = *r[PlaceOf(r, R::kEntry, 40)].mutable_entry()->mutable_raw();
         raw.back() = static_cast<char>(raw.back() ^ 1);
       },
       ""},
      {"an entry that is gone",
       [](Records& r) { r.erase(r.begin() + static_cast<ptrdiff_t>(PlaceOf(r, R::kEntry, 17))); },
       "entry 17: is missing in the export"},
      {"two entries exchanged",
       [](Records& r) { std::swap(r[PlaceOf(r, R::kEntry, 17)], r[PlaceOf(r, R::kEntry, 18)]); },
       "entry 17: is missing in the export"},
      {"the last entry gone",
       [](Records& r) {
         r.erase(r.begin() + static_cast<ptrdiff_t>(PlaceOf(r, R::kSnapshotRow)) - 1);
       },
       "the export's checkpoint covers"},
      {"a text", [](Records& r) { r[PlaceOf(r, R::kText, 2)].mutable_text()->set_text("other"); },
       "text 3 is not the one that it defines"},
      {"a body that is gone",
       [](Records& r) { r.erase(r.begin() + static_cast<ptrdiff_t>(PlaceOf(r, R::kBody))); },
       "body"},
      {"a row of the snapshot",
       [](Records& r) { r[PlaceOf(r, R::kSnapshotRow)].mutable_snapshot_row()->set_body("x"); },
       "is not what the entries come to"},
      {"a row of the snapshot that is gone",
       [](Records& r) { r.erase(r.begin() + static_cast<ptrdiff_t>(PlaceOf(r, R::kSnapshotRow))); },
       "is missing"},
      {"the checkpoint's signature",
       [](Records& r) {
         std::string& note = *r.back().mutable_checkpoint()->mutable_note();
         note[note.size() - 20] = note[note.size() - 20] == 'A' ? 'B' : 'A';
       },
       "the export's checkpoint: "},
  };
  LedgerWorld world;
  Prepare(world);
  const Records honest = ExportOf(world);
  for (const Case& c : cases) {
    INFO(c.why);
    Records records = honest;
    c.change(records);
    const auto report = VerifyRecords(records);
    REQUIRE(report.ok());
    INFO(ReportText(*report));
    CHECK(report->outcome == VerifyOutcome::kViolation);
    CHECK_THAT(ReportText(*report), Catch::Contains(c.sentence));
  }
}

TEST_CASE("an export of another ledger's end is found by its checkpoint") {
  LedgerWorld world;
  Prepare(world);
  LedgerWorld other;
  Prepare(other);
  Records records = ExportOf(world);
  records.back() = ExportOf(other).back();
  const auto report = VerifyRecords(records);
  REQUIRE(report.ok());
  CHECK(report->outcome == VerifyOutcome::kViolation);
}

TEST_CASE("what is no export, or not whole, is refused") {
  LedgerWorld world;
  Prepare(world);
  const Records honest = ExportOf(world);
  Records records = honest;
  SECTION("no end") { records.pop_back(); }
  SECTION("no beginning") { records.erase(records.begin()); }
  SECTION("nothing") { records.clear(); }
  SECTION("two ends") { records.push_back(records.back()); }
  SECTION("another order") { std::swap(records[1], records[records.size() - 2]); }
  SECTION("a later format") { records[0].mutable_header()->set_format(2); }
  SECTION("a record without a kind") { records.emplace(records.begin() + 1); }
  CHECK(ReasonOf(VerifyRecords(records).status()) == Reason::kInvalidArgument);
}

TEST_CASE("a file that was cut anywhere is refused, whatever is left of it") {
  LedgerWorld world;
  Prepare(world);
  const std::string path = world.folder().File("export");
  WriteFile(path, ExportOf(world));
  std::ifstream in(path, std::ios::binary);
  const std::string whole{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  for (size_t size = 0; size < whole.size(); size += 101) {
    INFO("the first " << size << " bytes");
    std::ofstream(path, std::ios::binary | std::ios::trunc) << whole.substr(0, size);
    CHECK(ReasonOf(VerifyExportFile(path, {}).status()) == Reason::kInvalidArgument);
  }
  std::ofstream(path, std::ios::binary | std::ios::trunc) << std::string(50, '\xff');
  CHECK(ReasonOf(VerifyExportFile(path, {}).status()) == Reason::kInvalidArgument);
  CHECK(ReasonOf(VerifyExportFile(world.folder().File("none"), {}).status()) == Reason::kIo);
}

}  // namespace
}  // namespace leasehold
