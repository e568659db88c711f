#include "server/install/stops_after.h"

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/install/resource_names.h"
#include "server/leases/state/snapshot.h"
#include "server/leases/state/view_side_source.h"
#include "server/ledger/entry_codec.h"
#include "server/ledger/merkle_log.h"
#include "storage/sqlite/files.h"
#include "storage/sqlite/head_anchor.h"
#include "storage/sqlite/sqlite_store.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

absl::StatusOr<State> FoldBackup(StoreView& view, uint64_t size) {
  StateSnapshot snapshot;
  ASSIGN_OR_RETURN(State state, snapshot.Load(view));
  ViewSideSource side(view);
  RETURN_IF_ERROR(side.LoadTexts(state.texts().next()));
  RETURN_IF_ERROR(view.ReadEntries(
      state.size(), size, [&](uint64_t index, std::string_view bytes) -> absl::Status {
        ASSIGN_OR_RETURN(const Entry entry, DecodeEntry(AsBytes(bytes)));
        return state.Apply(LogIndex(index), entry, side);
      }));
  return state;
}

// Folds what came after the backup on top of it, and tells what that stopped.
class LaterEntries {
 public:
  explicit LaterEntries(State backup)
      : state_(std::move(backup)),
        size_before_(state_.size()),
        uids_before_(state_.entities().next()),
        revision_before_(state_.policies().revision()),
        keys_before_(state_.keys().all().size()) {
    for (const auto& [selector, hold] : state_.holds().all()) held_before_.insert(selector);
  }

  TextId next_text() const { return state_.texts().next(); }

  absl::Status Add(uint64_t index, const Entry& entry, SideSource& side) {
    if (entry.has_version_added()) {
      // The backup does not have it, so that nothing has to stop it.
      const ledger::v1::VersionAdded& added = entry.version_added();
      versions_[KeyOf(added.secret(), added.version())] = {.enabled_before = false};
    } else if (entry.has_version_state()) {
      const ledger::v1::VersionState& changed = entry.version_state();
      const VersionKey key = KeyOf(changed.secret(), changed.version());
      const VersionInfo* before = state_.versions().Find(key.secret, key.number);
      const bool enabled = before != nullptr && before->state == VersionState::kEnabled;
      versions_.try_emplace(key, VersionChange{.enabled_before = enabled}).first->second.entry =
          index;
    }
    return state_.Apply(LogIndex(index), entry, side);
  }

  void Tell(StopsAfter& result) const {
    TellHolds(result);
    TellEntities(result);
    TellVersions(result);
    if (state_.policies().revision() != revision_before_) result.changed_back.push_back("policies");
    // Whoever rotated a key that was stolen has to do it again.
    if (state_.keys().all().size() != keys_before_) result.changed_back.push_back("keys");
    std::stable_sort(
        result.stops.begin(), result.stops.end(),
        [](const StopAfter& a, const StopAfter& b) { return a.kept.entry < b.kept.entry; });
  }

 private:
  struct VersionChange {
    bool enabled_before = false;
    uint64_t entry = 0;  // the last one
  };

  static VersionKey KeyOf(uint64_t secret, uint64_t number) {
    return {EntityUid(secret), VersionNumber(number)};
  }

  void TellHolds(StopsAfter& result) const {
    for (const auto& [selector, hold] : state_.holds().all()) {
      if (held_before_.contains(selector)) continue;
      if (!StandsInBackup(selector)) continue;
      result.stops.push_back({.kept = {.kind = StopKept::Kind::kHeld,
                                       .name = ResourceNameOf(selector, state_),
                                       .entry = hold.index.value()},
                              .selector = selector,
                              .reason = std::string(state_.texts().Get(hold.reason))});
    }
  }

  // Whether what is held is there in the backup; what was deleted is told by TellEntities.
  bool StandsInBackup(const Selector& held) const {
    switch (held.kind()) {
      case Selector::Kind::kAgent:
      case Selector::Kind::kGroup:
      case Selector::Kind::kSecret: {
        const Entity* entity = state_.entities().Find(EntityUid(held.mark().id));
        return entity != nullptr && entity->uid < uids_before_ && !entity->deleted;
      }
      default:  // workflows and users: names that need nothing behind them
        return true;
    }
  }

  void TellEntities(StopsAfter& result) const {
    for (const std::unique_ptr<Entity>& entity : state_.entities().all()) {
      if (entity->uid >= uids_before_) break;
      if (entity->index.value() < size_before_) continue;
      const bool agent = entity->kind == EntityKind::kAgent;
      if (!entity->deleted || (!agent && entity->kind != EntityKind::kSecret)) {
        result.changed_back.push_back(ResourceNameOf(*entity));
        continue;
      }
      const Selector selector =
          agent ? Selector::OfAgent(entity->uid) : Selector::OfSecret(entity->uid);
      if (held_before_.contains(selector)) continue;
      result.stops.push_back({.kept = {.kind = StopKept::Kind::kDeleted,
                                       .name = ResourceNameOf(*entity),
                                       .entry = entity->index.value()},
                              .selector = selector});
    }
  }

  void TellVersions(StopsAfter& result) const {
    for (const auto& [key, change] : versions_) {
      const VersionInfo* now = state_.versions().Find(key.secret, key.number);
      const Entity* secret = state_.entities().Find(key.secret);
      if (!change.enabled_before || now == nullptr || now->state == VersionState::kEnabled ||
          secret == nullptr) {
        continue;
      }
      result.stops.push_back(
          {.kept = {.kind = StopKept::Kind::kDisabled,
                    .name = StrCat(ResourceNameOf(*secret), "/versions/", key.number.value()),
                    .entry = change.entry},
           .version = key});
    }
  }

  State state_;
  const uint64_t size_before_;
  const EntityUid uids_before_;  // the first that the backup does not have
  const PolicyRevision revision_before_;
  const size_t keys_before_;  // that took another's place
  std::set<Selector> held_before_;
  std::map<VersionKey, VersionChange> versions_;
};

// "" where the longer of two ledgers of the same history holds all that the head anchor knows.
std::string WhyNotAll(StoreView& longer, uint64_t size, const std::string& anchor_path) {
  const auto anchor = HeadAnchor::Open(anchor_path);
  if (!anchor.ok() || !anchor->has_value()) {
    return "without its head anchor nothing tells whether the database that was there was the "
           "newest";
  }
  const TreeHead& known = (*anchor)->head();
  if (known.size > size) {
    return StrCat("the database that was there is older than its head anchor, which knows of ",
                  known.size, " entries");
  }
  const auto root = MerkleLog::RootAt(longer, known.size);
  if (root.ok() && *root == known.root) return "";
  return "the database that was there is not the one that its head anchor knows";
}

// Reads what `present` holds beyond `backup`. An error says why that is not all there was.
absl::Status ReadLater(StoreView& backup, const TreeHead& backup_head, StoreView& present,
                       const TreeHead& present_head, StopsAfter& result) {
  ASSIGN_OR_RETURN(State state, FoldBackup(backup, backup_head.size));
  ASSIGN_OR_RETURN(MerkleLog tree, MerkleLog::Load(backup));
  LaterEntries later(std::move(state));
  ViewSideSource side(present);
  absl::Status read = side.LoadTexts(later.next_text());
  if (read.ok()) {
    read = present.ReadEntries(backup_head.size, present_head.size,
                               [&](uint64_t index, std::string_view bytes) -> absl::Status {
                                 tree.Append(AsBytes(bytes));
                                 ASSIGN_OR_RETURN(const Entry entry, DecodeEntry(AsBytes(bytes)));
                                 return later.Add(index, entry, side);
                               });
  }
  later.Tell(result);
  RETURN_IF_ERROR(read);
  if (tree.Root() == present_head.root) return absl::OkStatus();
  return Error(Reason::kLedgerViolation, "its entries were changed");
}

absl::Status Compare(StoreView& backup, const std::string& path, StopsAfter& result) {
  ASSIGN_OR_RETURN(const std::unique_ptr<StoreView> present, OpenReadOnly(path));
  ASSIGN_OR_RETURN(const Genesis genesis, backup.GetGenesis());
  ASSIGN_OR_RETURN(const Genesis present_genesis, present->GetGenesis());
  ASSIGN_OR_RETURN(const TreeHead head, backup.Head());
  ASSIGN_OR_RETURN(const TreeHead present_head, present->Head());
  const bool goes_on = present_head.size >= head.size;
  StoreView& longer = goes_on ? *present : backup;
  const TreeHead& shorter_head = goes_on ? head : present_head;
  ASSIGN_OR_RETURN(const Hash root, MerkleLog::RootAt(longer, shorter_head.size));
  if (genesis.log != present_genesis.log || root != shorter_head.root) {
    result.unknown = "the database that was there does not go on from the backup";
    return absl::OkStatus();
  }
  if (goes_on) RETURN_IF_ERROR(ReadLater(backup, head, *present, present_head, result));
  result.unknown = WhyNotAll(longer, goes_on ? present_head.size : head.size, path + ".anchor");
  return absl::OkStatus();
}

}  // namespace

StopsAfter ReadStopsAfter(StoreView& backup, const std::string& present) {
  StopsAfter result;
  const absl::StatusOr<bool> there = Exists(present);
  if (there.ok() && !*there) {
    result.unknown = "there was no database in the folder";
    return result;
  }
  const absl::Status compared = Compare(backup, present, result);
  if (!compared.ok()) {
    result.unknown =
        StrCat("the database that was there cannot be read whole: ", compared.message());
  }
  return result;
}

}  // namespace leasehold
