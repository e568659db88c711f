#include "server/ledger/verify/verify_export.h"

#include <algorithm>
#include <utility>

#include "leasehold/v1/ledger.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/verify/export_file.h"
#include "server/ledger/verify/ledger_check.h"

namespace leasehold {
namespace {

constexpr uint32_t kFormat = 1;

absl::Status NoExport(std::string_view why) {
  return Error(Reason::kInvalidArgument, StrCat("this is no whole export of a ledger: ", why));
}

}  // namespace

class ExportVerifier::Impl {
 public:
  explicit Impl(const VerifyOptions& options) : check_(options) {}

  absl::Status Add(const v1::ExportRecord& record) {
    const int kind = record.record_case();
    if (last_kind_ == 0 ? !record.has_header() : record.has_header() || kind < last_kind_) {
      return NoExport("its records are in another order");
    }
    last_kind_ = kind;
    switch (record.record_case()) {
      case v1::ExportRecord::kHeader:
        promised_ = record.header().tree_size();
        if (record.header().format() == kFormat) return absl::OkStatus();
        return NoExport(StrCat("its format is ", record.header().format(),
                               ", and this version knows ", kFormat));
      case v1::ExportRecord::kText:
        check_.side().AddText({TextId(record.text().id()), static_cast<int>(record.text().kind()),
                               record.text().salt(), record.text().text()},
                              check_.findings());
        return absl::OkStatus();
      case v1::ExportRecord::kBody:
        check_.side().AddBody(record.body().body());
        return absl::OkStatus();
      case v1::ExportRecord::kEntry:
        return AddEntry(record.entry());
      case v1::ExportRecord::kSnapshotRow:
        FinishEntries();
        has_rows_ = true;
        if (check_.folded()) {
          check_.snapshot().AddRow({record.snapshot_row().section(), record.snapshot_row().key(),
                                    record.snapshot_row().body()},
                                   check_.findings());
        }
        return absl::OkStatus();
      case v1::ExportRecord::kCheckpoint:
        FinishEntries();
        if (std::exchange(ended_, true)) return NoExport("it has two checkpoints");
        CheckCheckpoint(record.checkpoint());
        return absl::OkStatus();
      default:
        return NoExport("it has a record of an unknown kind");
    }
  }

  absl::StatusOr<VerifyReport> Finish() {
    if (!ended_) return NoExport("its end is missing");
    if (check_.size() != promised_) {
      check_.findings().AddViolation(
          StrCat("the export promises ", promised_, " entries and has ", check_.size()));
    }
    const bool compare = check_.folded() && (has_rows_ || check_.snapshot().any());
    if (compare) check_.snapshot().Finish(check_.findings());
    VerifyReport report = check_.Report();
    report.snapshot_compared = compare;
    return report;
  }

 private:
  absl::Status AddEntry(const v1::ExportEntry& entry) {
    if (!gap_ && entry.index() != check_.size()) {
      // From here on no hash can be computed; which entry is missing is known.
      gap_ = true;
      check_.findings().AddViolation(check_.size(), "is missing in the export");
    }
    if (gap_) return absl::OkStatus();
    check_.AddEntry(entry.raw());
    check_.tree().TakeFullTiles();
    return absl::OkStatus();
  }

  void FinishEntries() {
    if (!std::exchange(entries_done_, true)) check_.FinishEntries();
  }

  // The server's own signature over what the entries come to.
  void CheckCheckpoint(const v1::Checkpoint& checkpoint) {
    if (!check_.folded() || gap_) return;
    const State& state = check_.state();
    Ed25519PublicKey key{};
    if (state.checkpoint_key().size() != key.size()) {
      check_.findings().AddViolation("the ledger names no key for its checkpoints");
      return;
    }
    std::copy(state.checkpoint_key().begin(), state.checkpoint_key().end(), key.begin());
    absl::StatusOr<NoteVerifier> verifier = NoteVerifier::Make(state.origin(), key);
    absl::StatusOr<Checkpoint> opened =
        verifier.ok() ? OpenCheckpoint(checkpoint.note(), *verifier) : verifier.status();
    if (!opened.ok()) {
      check_.findings().AddViolation(
          StrCat("the export's checkpoint: ", ToStd(opened.status().message())));
    } else if (opened->head != check_.tree().Head()) {
      check_.findings().AddViolation(StrCat("the export's checkpoint covers ", opened->head.size,
                                            " entries with another root than the ", check_.size(),
                                            " that are there"));
    }
  }

  LedgerCheck check_;
  int last_kind_ = 0;
  uint64_t promised_ = 0;
  bool gap_ = false;
  bool entries_done_ = false;
  bool has_rows_ = false;
  bool ended_ = false;
};

ExportVerifier::ExportVerifier(const VerifyOptions& options)
    : impl_(std::make_unique<Impl>(options)) {}
ExportVerifier::~ExportVerifier() = default;

absl::Status ExportVerifier::Add(const v1::ExportRecord& record) { return impl_->Add(record); }
absl::StatusOr<VerifyReport> ExportVerifier::Finish() { return impl_->Finish(); }

absl::StatusOr<VerifyReport> VerifyExportFile(const std::string& path,
                                              const VerifyOptions& options) {
  ExportVerifier verifier(options);
  RETURN_IF_ERROR(
      ReadExportFile(path, [&](const v1::ExportRecord& record) { return verifier.Add(record); }));
  return verifier.Finish();
}

}  // namespace leasehold
