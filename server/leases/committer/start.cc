// How a Committer comes to know the state: snapshot, tail, tree, clock.

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/committer/committer.h"
#include "server/leases/state/entry_facts.h"
#include "server/leases/state/view_side_source.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {

absl::StatusOr<std::unique_ptr<Committer>> Committer::Open(Store& store, const Clock& clock,
                                                           Options options) {
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store.NewView());
  ASSIGN_OR_RETURN(TimeMark mark, view->Mark());
  std::unique_ptr<Committer> committer(new Committer(store, clock, mark, std::move(options)));
  RETURN_IF_ERROR(committer->Load(*view));
  view.reset();  // so that the log of changes can be checkpointed
  if (committer->clock_.start() == LedgerClock::Start::kWallBehind) {
    committer->RevokeForClock();
  }
  return committer;
}

absl::Status Committer::Load(StoreView& view) {
  ASSIGN_OR_RETURN(log_, MerkleLog::Load(view));
  ASSIGN_OR_RETURN(Genesis genesis, view.GetGenesis());
  ASSIGN_OR_RETURN(state_, snapshot_.Load(view));
  // Loaded twice: readers must not see what the owner folds ahead of them.
  State published;
  StateSnapshot second;
  ASSIGN_OR_RETURN(published, second.Load(view));
  published_.Write([&](State& state, TreeHead&, BlockSummary&) { state = std::move(published); });
  if (state_.size() > log_.size()) {
    return Error(Reason::kStoreDamaged, "the snapshot covers more entries than the ledger has");
  }
  if (state_.size() > 0) {
    RETURN_IF_ERROR(CheckSnapshotEntry(view, state_.size()));
  }
  RETURN_IF_ERROR(RebuildOpenBlock(view));
  RETURN_IF_ERROR(Replay(view));
  if (state_.log() != genesis.log) {
    return Error(Reason::kStoreDamaged, "the store's log id is not that of its first entry");
  }
  published_.Write([&](State&, TreeHead& head, BlockSummary& open_block) {
    head = log_.Head();
    open_block = summaries_.open_block();
  });
  last_mark_ = clock_.Now();
  last_tick_ms_.store(last_mark_.value());
  return absl::OkStatus();
}

absl::Status Committer::CheckSnapshotEntry(StoreView& view, uint64_t through) {
  ASSIGN_OR_RETURN(StoreView::SnapshotInfo info,
                   view.ReadSnapshot([](const SnapshotRow&) { return absl::OkStatus(); }));
  bool same = false;
  RETURN_IF_ERROR(
      view.ReadEntries(through, through + 1, [&](uint64_t, std::string_view bytes) -> absl::Status {
        ASSIGN_OR_RETURN(ledger::v1::Entry entry, DecodeEntry(AsBytes(bytes)));
        same = entry.snapshot().state_digest() == AsText(info.digest);
        return absl::OkStatus();
      }));
  if (!same) {
    return Error(Reason::kStoreDamaged,
                 StrCat("the snapshot's digest is not the one that entry ", through,
                        " records; run `leasehold ledger verify` and restore a backup"));
  }
  snapshot_through_ = through + 1;
  return absl::OkStatus();
}

absl::Status Committer::RebuildOpenBlock(StoreView& view) {
  summaries_ = BlockSummaryBuilder(log_.size());
  uint64_t first = summaries_.FirstOfOpenBlock();
  uint64_t end = std::min(log_.size(), state_.size());
  if (first >= end) {
    return absl::OkStatus();
  }
  // Entries behind the snapshot are added when they are replayed.
  return view.ReadEntries(first, end, [&](uint64_t index, std::string_view bytes) -> absl::Status {
    ASSIGN_OR_RETURN(ledger::v1::Entry entry, DecodeEntry(AsBytes(bytes)));
    summaries_.Add(LogIndex(index), FactsOf(LogIndex(index), entry, state_));
    return absl::OkStatus();
  });
}

absl::Status Committer::Replay(StoreView& view) {
  uint64_t first_of_open_block = summaries_.FirstOfOpenBlock();
  ViewSideSource side(view);
  RETURN_IF_ERROR(side.LoadTexts(state_.texts().next()));
  // What is folded must be what was hashed: tiles alone would not show that an entry under them was
  // edited.
  ASSIGN_OR_RETURN(MerkleLog replayed, MerkleLog::LoadAt(view, state_.size()));
  absl::Status folded = absl::OkStatus();
  published_.Write([&](State& published, TreeHead&, BlockSummary&) {
    folded = view.ReadEntries(
        state_.size(), log_.size(), [&](uint64_t index, std::string_view bytes) -> absl::Status {
          replayed.Append(AsBytes(bytes));
          ASSIGN_OR_RETURN(ledger::v1::Entry entry, DecodeEntry(AsBytes(bytes)));
          RETURN_IF_ERROR(state_.Apply(LogIndex(index), entry, side));
          RETURN_IF_ERROR(published.Apply(LogIndex(index), entry, side));
          if (index >= first_of_open_block) {
            summaries_.Add(LogIndex(index), FactsOf(LogIndex(index), entry, state_));
          }
          return absl::OkStatus();
        });
  });
  RETURN_IF_ERROR(folded);
  if (replayed.Root() != log_.Root()) {
    return Error(Reason::kStoreDamaged,
                 "an entry was changed: the entries do not come to the ledger's root; run "
                 "`leasehold ledger verify` and restore a backup");
  }
  return absl::OkStatus();
}

void Committer::RevokeForClock() {
  Transaction tx(state_, log_, summaries_, clock_.Now());
  TimeMark mark = clock_.Mark();
  ledger::v1::Entry entry;
  ledger::v1::ClockMark* clock_mark = entry.mutable_clock_mark();
  clock_mark->set_boot(std::string(AsText(Sha256Of(AsBytes(mark.boot_id)))));
  clock_mark->set_boot_time_ms(absl::ToInt64Milliseconds(mark.since_boot));
  clock_mark->set_wall_time_ms(clock_.WallMillis());
  clock_mark->set_cause(ledger::v1::CLOCK_CAUSE_WALL_BEHIND);
  clock_mark->set_through(state_.leases().count());
  tx.Append(std::move(entry));
  MakeDurable(tx, {.reserve = true, .snapshot = false});
}

}  // namespace leasehold
