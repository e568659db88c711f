#include "server/install/new_epoch.h"

#include <unistd.h>

#include <algorithm>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/install/origin.h"
#include "server/install/resource_names.h"
#include "server/leases/ledger_clock.h"
#include "server/leases/state/entry_facts.h"
#include "server/leases/state/snapshot.h"
#include "server/leases/state/view_side_source.h"
#include "server/ledger/commitment.h"
#include "server/ledger/entry_codec.h"
#include "server/ledger/merkle_log.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// A ledger with what it takes to go on with it, outside of a Committer: that one ends the process
// where the disk is full, and its clock never goes back, as a new epoch's may.
class Continuation final : private SideSource {
 public:
  absl::Status Load(StoreView& view) {
    ASSIGN_OR_RETURN(log_, MerkleLog::Load(view));
    StateSnapshot snapshot;
    ASSIGN_OR_RETURN(state_, snapshot.Load(view));
    ViewSideSource side(view);
    RETURN_IF_ERROR(side.LoadTexts(state_.texts().next()));
    summaries_ = BlockSummaryBuilder(log_.size());
    const uint64_t open_block = summaries_.FirstOfOpenBlock();
    batch_.first_index = log_.size();
    return view.ReadEntries(std::min(state_.size(), open_block), log_.size(),
                            [&](uint64_t index, std::string_view bytes) -> absl::Status {
                              ASSIGN_OR_RETURN(const Entry entry, DecodeEntry(AsBytes(bytes)));
                              if (index >= state_.size()) {
                                RETURN_IF_ERROR(state_.Apply(LogIndex(index), entry, side));
                              }
                              if (index >= open_block) {
                                summaries_.Add(LogIndex(index),
                                               FactsOf(LogIndex(index), entry, state_));
                              }
                              return absl::OkStatus();
                            });
  }

  const State& state() const { return state_; }
  TreeHead Head() const { return log_.Head(); }
  // What the newest entry has as its time.
  uint64_t last_time_ms() const {
    return static_cast<uint64_t>(state_.last_time().value() - state_.epoch_start().value());
  }

  absl::Status Append(const Entry& entry) {
    const LogIndex index(log_.size());
    std::string bytes;
    RETURN_IF_ERROR(EncodeEntry(entry, &bytes));
    RETURN_IF_ERROR(state_.Apply(index, entry, *this));
    log_.Append(AsBytes(bytes));
    summaries_.Add(index, FactsOf(index, entry, state_));
    batch_.entries.push_back(std::move(bytes));
    return absl::OkStatus();
  }

  // None for a text that is empty: it was erased, or never given.
  absl::StatusOr<TextId> DefineText(ledger::v1::TextKind kind, const std::string& text) {
    if (text.empty()) return TextId();
    if (const TextId known = state_.texts().Find(kind, text); !known.empty()) return known;
    const TextId id = state_.texts().next();
    TextCommitment commitment = CommitToText(kind, text);
    batch_.texts.push_back({id, kind, std::move(commitment.salt), text});
    Entry entry;
    entry.set_time_ms(last_time_ms());
    entry.mutable_text_defined()->set_id(id.value());
    entry.mutable_text_defined()->set_kind(kind);
    entry.mutable_text_defined()->set_commitment(std::string(AsText(commitment.hash)));
    RETURN_IF_ERROR(Append(entry));
    return id;
  }

  Batch Finish(TimeMark mark) {
    batch_.tiles = log_.TakeFullTiles();
    batch_.summaries = summaries_.TakeFull(log_.size());
    batch_.head = log_.Head();
    batch_.mark = std::move(mark);
    return std::move(batch_);
  }

 private:
  // SideSource, for the entry that defines the newest text.
  std::string_view Text(TextId id) override {
    return !batch_.texts.empty() && batch_.texts.back().id == id
               ? std::string_view(batch_.texts.back().text)
               : std::string_view();
  }
  std::optional<std::string_view> Body(const Hash&) override { return std::nullopt; }

  MerkleLog log_;
  State state_;
  BlockSummaryBuilder summaries_;
  Batch batch_;
};

// Why a hold was set that nobody set by hand.
constexpr char kReasonDeleted[] = "deleted after the backup that was restored";

// Whoever runs the command.
ledger::v1::Control OfflineControl(TextId actor) {
  ledger::v1::Control control;
  control.set_actor(actor.value());
  control.set_method(ledger::v1::AUTH_METHOD_OFFLINE);
  return control;
}

absl::Status AppendEpochStarted(Continuation& ledger, const ledger::v1::Control& control,
                                const NewEpoch& result, Epoch epoch, const Vault& vault,
                                absl::Time start) {
  Entry entry;
  ledger::v1::EpochStarted* started = entry.mutable_epoch_started();
  *started->mutable_control() = control;
  started->set_epoch(epoch.value());
  started->set_format(kEntryFormat);
  started->set_origin(result.origin);
  started->set_checkpoint_key(std::string(AsText(vault.CheckpointPublicKey())));
  started->set_start_time_ms(static_cast<uint64_t>(absl::ToUnixMillis(start)));
  const TreeHead before = ledger.Head();
  started->set_previous_size(before.size);
  started->set_previous_root(std::string(AsText(before.root)));
  started->set_cause(ledger::v1::EPOCH_CAUSE_RESTORE);
  started->set_through(result.leases_ended);
  return ledger.Append(entry);
}

// The backup may have no number yet for what the later database calls by one.
absl::StatusOr<Selector> SelectorHere(Continuation& ledger, const StopAfter& stop) {
  switch (stop.selector.kind()) {
    case Selector::Kind::kWorkflow: {
      const std::string name = stop.kept.name.substr(kWorkflows.size());
      ASSIGN_OR_RETURN(const TextId id, ledger.DefineText(ledger::v1::TEXT_KIND_WORKFLOW, name));
      return Selector::OfWorkflow(id);
    }
    case Selector::Kind::kUser: {
      const std::string name = stop.kept.name.substr(kUsers.size());
      ASSIGN_OR_RETURN(const TextId id, ledger.DefineText(ledger::v1::TEXT_KIND_USER, name));
      return Selector::OfUser(id);
    }
    default:
      return stop.selector;  // agents, groups and secrets have the same number in both
  }
}

absl::Status AppendStop(Continuation& ledger, const ledger::v1::Control& control,
                        const StopAfter& stop) {
  Entry entry;
  if (stop.kept.kind == StopKept::Kind::kDisabled) {
    ledger::v1::VersionState* changed = entry.mutable_version_state();
    *changed->mutable_control() = control;
    changed->set_secret(stop.version.secret.value());
    changed->set_version(stop.version.number.value());
    changed->set_state(ledger::v1::VERSION_STATE_KIND_DISABLED);
  } else {
    ledger::v1::HoldSet* hold = entry.mutable_hold_set();
    *hold->mutable_control() = control;
    ASSIGN_OR_RETURN(const Selector selector, SelectorHere(ledger, stop));
    selector.ToEntry(hold->mutable_selector());
    const std::string& why =
        stop.kept.kind == StopKept::Kind::kDeleted ? kReasonDeleted : stop.reason;
    ASSIGN_OR_RETURN(const TextId reason, ledger.DefineText(ledger::v1::TEXT_KIND_REASON, why));
    hold->set_reason(reason.value());
  }
  entry.set_time_ms(ledger.last_time_ms());
  return ledger.Append(entry);
}

}  // namespace

absl::StatusOr<NewEpoch> StartEpoch(StoreView& view, const Vault& vault, const Clock& clock,
                                    const std::vector<StopAfter>& stops) {
  Continuation ledger;
  RETURN_IF_ERROR(ledger.Load(view));
  NewEpoch result;
  ASSIGN_OR_RETURN(const std::string store_name, StoreNameOf(ledger.state().origin()));
  const Epoch epoch(RandomNonZero64());
  result.origin = MakeOrigin(store_name, epoch);
  result.leases_ended = ledger.state().leases().count();
  result.tokens_ended = ledger.state().credentials().all().size();
  ASSIGN_OR_RETURN(const TextId actor, ledger.DefineText(ledger::v1::TEXT_KIND_PRINCIPAL,
                                                         StrCat("operator:uid=", getuid())));
  const ledger::v1::Control control = OfflineControl(actor);
  // A fresh clock: the mark of before may lie in the far future, and this is what clears it.
  TimeMark mark = LedgerClock(clock, TimeMark{}).Mark();
  RETURN_IF_ERROR(AppendEpochStarted(ledger, control, result, epoch, vault, mark.now));
  for (const StopAfter& stop : stops) RETURN_IF_ERROR(AppendStop(ledger, control, stop));
  for (const auto& [selector, hold] : ledger.state().holds().all()) {
    result.holds.push_back(ResourceNameOf(selector, ledger.state()));
  }
  std::sort(result.holds.begin(), result.holds.end());
  result.batch = ledger.Finish(std::move(mark));
  return result;
}

}  // namespace leasehold
