// Verification of a store's view: what a LedgerCheck says, and all that only a store has.

#include <algorithm>
#include <set>
#include <utility>

#include "server/base/key_class.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/verify/ledger_check.h"
#include "server/ledger/verify/verify.h"

namespace leasehold {
namespace {

class ViewCheck {
 public:
  ViewCheck(StoreView& view, const VerifyOptions& options) : view_(view), check_(options) {}

  absl::StatusOr<VerifyReport> Run() {
    absl::StatusOr<TreeHead> head = view_.Head();
    RETURN_IF_ERROR(findings().Take(head.status()));
    if (!head.ok()) return check_.Report();  // nobody knows how many entries there should be
    head_ = *head;
    RETURN_IF_ERROR(ReadSide());
    RETURN_IF_ERROR(ReadEntries());
    if (check_.size() == head_.size) RETURN_IF_ERROR(CheckWhole());
    RETURN_IF_ERROR(CheckKeys());
    VerifyReport report = check_.Report();
    report.snapshot_compared = snapshot_compared_;
    return report;
  }

 private:
  Findings& findings() { return check_.findings(); }

  absl::Status ReadSide() {
    RETURN_IF_ERROR(findings().Take(view_.ReadTexts([&](const TextRow& row) {
      check_.side().AddText(row, findings());
      return absl::OkStatus();
    })));
    return findings().Take(view_.ReadBodies([&](const BodyRow& row) {
      if (Sha256Of(AsBytes(row.body)) != row.hash) {
        findings().AddViolation(
            StrCat("the body with hash ", HexEncode(row.hash), " is not the one with that hash"));
      }
      check_.side().AddBody(row.body);
      return absl::OkStatus();
    }));
  }

  absl::Status ReadEntries() {
    const absl::Status read =
        view_.ReadEntries(0, head_.size, [&](uint64_t, std::string_view bytes) -> absl::Status {
          check_.AddEntry(bytes);
          for (const TileRow& tile : check_.tree().TakeFullTiles()) {
            RETURN_IF_ERROR(CheckTile(tile));
          }
          return absl::OkStatus();
        });
    if (check_.size() == head_.size) {
      CheckRoot();
      check_.FinishEntries();
      return read;
    }
    // The store found something wrong with the next one. Without its bytes the tree cannot go on.
    return findings().Take(check_.size(), read);
  }

  // Compares with the stored tile, which says which entry differs from what it was once.
  absl::Status CheckTile(const TileRow& computed) {
    std::string stored;
    RETURN_IF_ERROR(findings().Take(view_.ReadTiles(computed.level, computed.number,
                                                    computed.number + 1, [&](const TileRow& row) {
                                                      stored = row.hashes;
                                                      return absl::OkStatus();
                                                    })));
    if (stored.empty() || stored == computed.hashes) return absl::OkStatus();
    const auto differs =
        std::mismatch(computed.hashes.begin(), computed.hashes.end(), stored.begin(), stored.end());
    const auto leaf = static_cast<uint64_t>(differs.first - computed.hashes.begin()) / sizeof(Hash);
    tile_differs_ = true;
    if (computed.level == 0) {
      findings().AddViolation(computed.number * MerkleLog::kTileWidth + leaf,
                              "is not the one whose hash the tree holds");
    } else {
      findings().AddViolation(StrCat("tile ", computed.number, " of level ", computed.level,
                                     " does not hold the hashes of the tiles below it"));
    }
    return absl::OkStatus();
  }

  absl::Status CheckWhole() {
    RETURN_IF_ERROR(CheckNoMoreTiles());
    if (!check_.folded()) return absl::OkStatus();
    RETURN_IF_ERROR(CheckGenesisAndMark());
    RETURN_IF_ERROR(CheckSummaries());
    RETURN_IF_ERROR(CheckVersions());
    return CheckSnapshot();
  }

  void CheckRoot() {
    if (check_.tree().Root() == head_.root || tile_differs_) return;
    const uint64_t open = head_.size - head_.size % MerkleLog::kTileWidth;
    findings().AddViolation(
        open == head_.size
            ? std::string("the stored root is not that of the entries")
            : StrCat("the stored root is not that of the entries: one of the entries ", open,
                     " to ", head_.size - 1, " was changed, or the root itself"));
  }

  absl::Status CheckNoMoreTiles() {
    for (uint32_t level = 0; level < 7; ++level) {
      const uint64_t tiles = head_.size >> (8 * (level + 1));
      const absl::Status more = view_.ReadTiles(level, tiles, tiles + 1, [&](const TileRow&) {
        findings().AddViolation(StrCat("tile ", tiles, " of level ", level,
                                       " is there, but the ledger is too short for it"));
        return absl::OkStatus();
      });
      // Damaged: it is missing, as it should be.
      if (!more.ok() && ReasonOf(more) != Reason::kStoreDamaged) return more;
    }
    return absl::OkStatus();
  }

  absl::Status CheckGenesisAndMark() {
    const State& state = check_.state();
    absl::StatusOr<Genesis> genesis = view_.GetGenesis();
    RETURN_IF_ERROR(findings().Take(genesis.status()));
    if (genesis.ok() && genesis->log != state.log()) {
      findings().AddViolation(0, "names another ledger than the store does");
    }
    if (genesis.ok() && !state.epochs().empty() && state.epochs().size() == 1 &&
        genesis->origin != state.origin()) {
      findings().AddViolation(0, "has another origin than the store");
    }
    absl::StatusOr<TimeMark> mark = view_.Mark();
    RETURN_IF_ERROR(findings().Take(mark.status()));
    if (mark.ok() && mark->now < state.last_time().ToTime()) {
      findings().AddViolation("the clock's mark is older than the last entry");
    }
    return absl::OkStatus();
  }

  absl::Status CheckSummaries() {
    const std::vector<SummaryRow> computed = check_.TakeFullSummaries();
    auto next = computed.begin();
    const auto finding = [&](uint64_t block, std::string_view what) {
      const uint64_t first = block * BlockSummary::kBlockEntries;
      findings().AddViolation(StrCat("the summary of the entries ", first, " to ",
                                     first + BlockSummary::kBlockEntries - 1, " ", what));
    };
    RETURN_IF_ERROR(findings().Take(view_.ReadSummaries([&](const SummaryRow& row) {
      for (; next != computed.end() && next->block < row.block; ++next) {
        finding(next->block, "is missing");
      }
      if (next == computed.end() || next->block != row.block) {
        finding(row.block, "should not be there");
        return absl::OkStatus();
      }
      if (next->summary != row.summary) finding(row.block, "is not theirs");
      ++next;
      return absl::OkStatus();
    })));
    for (; next != computed.end(); ++next) finding(next->block, "is missing");
    return absl::OkStatus();
  }

  absl::Status CheckVersions() {
    std::vector<VersionKey> keys;
    for (const auto& [secret, versions] : check_.state().versions().all()) {
      for (const VersionInfo& version : versions) keys.push_back({secret, version.number});
    }
    std::sort(keys.begin(), keys.end());
    for (const VersionKey& key : keys) {
      const uint64_t index = check_.IndexOf(key).value_or(0);
      absl::StatusOr<std::optional<VersionRow>> row = view_.ReadVersion(key);
      RETURN_IF_ERROR(findings().Take(index, row.status()));
      if (row.ok()) findings().Add(index, CheckVersion(key, *row));
    }
    return absl::OkStatus();
  }

  Objection CheckVersion(const VersionKey& key, const std::optional<VersionRow>& row) {
    if (!row.has_value()) return {.what = "the ciphertext of the version that it adds is missing"};
    const VersionInfo* info = check_.state().versions().Find(key.secret, key.number);
    if (info->state == VersionState::kDestroyed) {
      return row->wrapped_key.empty() && row->ciphertext.empty()
                 ? Objection{}
                 : Objection{.what =
                                 "the version that it adds was destroyed later, but its key is "
                                 "still there"};
    }
    if (row->wrapped_key.empty() || Sha256Of(AsBytes(row->ciphertext)) != info->ciphertext_hash) {
      return {.what = "the ciphertext of the version that it adds is not the one that is stored"};
    }
    wrapping_keys_.insert(row->key_number);
    return {};
  }

  absl::Status CheckKeys() {
    absl::StatusOr<std::vector<KeyRow>> rows = view_.ReadKeys();
    RETURN_IF_ERROR(findings().Take(rows.status()));
    if (!rows.ok() || !check_.folded()) return absl::OkStatus();
    for (const KeyClass cls :
         {KeyClass::kKeyEncryption, KeyClass::kLeaseMac, KeyClass::kCheckpoint}) {
      std::set<uint32_t> numbers;
      for (const KeyRow& row : *rows) {
        if (row.key_class == static_cast<int>(cls) && !row.sealed.empty()) {
          numbers.insert(row.number);
        }
      }
      std::set<uint32_t> needed;
      if (cls == KeyClass::kKeyEncryption) {
        // The others went when no version needed them any more.
        needed = wrapping_keys_;
        needed.insert(check_.state().keys().current(cls));
      } else {
        for (uint32_t n = 1; n <= check_.state().keys().current(cls); ++n) needed.insert(n);
      }
      for (const uint32_t number : needed) {
        if (numbers.erase(number) == 0) {
          findings().AddViolation(
              StrCat("key ", number, " of class ", static_cast<int>(cls), " is missing"));
        }
      }
      // A rotation that goes on leaves an old one.
      std::erase_if(numbers,
                    [&](uint32_t number) { return number < check_.state().keys().current(cls); });
      for (const uint32_t number : numbers) {
        findings().AddViolation(StrCat("key ", number, " of class ", static_cast<int>(cls),
                                       " is one that no entry put there"));
      }
    }
    return absl::OkStatus();
  }

  absl::Status CheckSnapshot() {
    SnapshotCheck& snapshot = check_.snapshot();
    bool rows = false;
    absl::StatusOr<StoreView::SnapshotInfo> info = view_.ReadSnapshot([&](const SnapshotRow& row) {
      rows = true;
      if (snapshot.any()) snapshot.AddRow(row, findings());
      return absl::OkStatus();
    });
    RETURN_IF_ERROR(findings().Take(info.status()));
    if (!info.ok()) return absl::OkStatus();
    if (!snapshot.any()) {
      if (rows || info->through != 0 || info->digest != Hash{}) {
        findings().AddViolation("there is a snapshot, but no entry tells of one");
      }
      return absl::OkStatus();
    }
    snapshot.Finish(findings());
    snapshot_compared_ = true;
    if (info->through != snapshot.index() || info->digest != snapshot.digest()) {
      findings().AddViolation(
          StrCat("the stored snapshot says that it holds ", info->through,
                 " entries with another digest than the last entry about a snapshot"));
    }
    return absl::OkStatus();
  }

  StoreView& view_;
  LedgerCheck check_;
  std::set<uint32_t> wrapping_keys_;  // that versions name
  TreeHead head_;
  bool tile_differs_ = false;
  bool snapshot_compared_ = false;
};

}  // namespace

absl::StatusOr<VerifyReport> VerifyView(StoreView& view, const VerifyOptions& options) {
  return ViewCheck(view, options).Run();
}

}  // namespace leasehold
