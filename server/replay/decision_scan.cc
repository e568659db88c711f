#include "server/replay/decision_scan.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/lease_chain.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// The Committer waits while a block's leases are looked up: some tenths of a millisecond.
constexpr uint64_t kBlockEntries = 1024;
// A view that stays open keeps the write-ahead log from being reused; entries never change, so a
// newer view goes on where an older one ended.
constexpr uint64_t kViewEntries = 65'536;

LeaseNumber LeaseOf(const Entry& entry) {
  if (entry.kind_case() == Entry::kUse) return LeaseNumber(entry.use().lease());
  return LeaseNumber(entry.lease_issued().number());
}

bool HasLease(const Entry& entry) {
  return entry.kind_case() == Entry::kUse || entry.kind_case() == Entry::kLeaseIssued;
}

ReplayedLease Describe(const LeaseTable& leases, const Lease& lease) {
  ReplayedLease out{.secret = lease.secret, .delivery = lease.delivery};
  const LeaseChain chain = ChainOf(leases, lease);
  for (const Lease* each : chain) {
    out.chain.push_back({.agent = each->agent,
                         .workflow = each->workflow,
                         .user = each->terms->user,
                         .claimed_groups = each->terms->claimed_groups});
  }
  if (chain.back()->terms->approval != 0) out.approved_policy = chain.back()->policy;
  return out;
}

std::vector<EntityUid> Uids(const google::protobuf::RepeatedField<uint64_t>& numbers) {
  std::vector<EntityUid> uids;
  for (const uint64_t number : numbers) uids.emplace_back(number);
  return uids;
}

std::vector<TextId> Texts(const google::protobuf::RepeatedField<uint64_t>& numbers) {
  std::vector<TextId> texts;
  for (const uint64_t number : numbers) texts.emplace_back(number);
  return texts;
}

}  // namespace

// Entries in a row. The messages are used again for the next block.
struct DecisionScan::Block {
  uint64_t first = 0;
  size_t size = 0;
  std::vector<Entry> entries = std::vector<Entry>(kBlockEntries);
  std::vector<ReplayedLease> leases = std::vector<ReplayedLease>(kBlockEntries);
};

absl::Status DecisionScan::ReadBlock(StoreView& view, uint64_t first, uint64_t end, Block* block) {
  block->first = first;
  block->size = 0;
  return view.ReadEntries(first, end, [&](uint64_t index, std::string_view bytes) {
    Entry& entry = block->entries[block->size++];
    if (entry.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return absl::OkStatus();
    return Error(Reason::kStoreDamaged, StrCat("entry ", index, " does not parse"));
  });
}

void DecisionScan::FindLeases(Block* block) const {
  published_.Read([&](const PublishedState::View& view) {
    for (size_t i = 0; i < block->size; ++i) {
      if (!HasLease(block->entries[i])) continue;
      const Lease* lease = view.state.leases().Find(LeaseOf(block->entries[i]));
      block->leases[i] = lease == nullptr ? ReplayedLease{} : Describe(view.state.leases(), *lease);
    }
  });
}

void DecisionScan::FoldGroups(uint64_t index, const Entry& entry) {
  const UnixMillis time;  // of no use here
  switch (entry.kind_case()) {
    case Entry::kLogCreated:
      epoch_start_ =
          absl::FromUnixMillis(static_cast<int64_t>(entry.log_created().start_time_ms()));
      return;
    case Entry::kEpochStarted:
      epoch_start_ =
          absl::FromUnixMillis(static_cast<int64_t>(entry.epoch_started().start_time_ms()));
      return;
    case Entry::kEntityPut: {
      const ledger::v1::EntityPut& put = entry.entity_put();
      if (entities_.Find(EntityUid(put.uid())) != nullptr) return;
      Entity entity{.uid = EntityUid(put.uid()),
                    .kind = static_cast<EntityKind>(put.kind()),
                    .name_id = TextId(put.name())};
      published_.Read([&](const PublishedState::View& view) {
        entity.name = std::string(view.state.texts().Get(entity.name_id));
      });
      entities_.Put(std::move(entity));
      break;
    }
    case Entry::kEntityDeleted:
      entities_.Delete(EntityUid(entry.entity_deleted().uid()), time, LogIndex(index));
      break;
    case Entry::kMembersChanged: {
      const ledger::v1::MembersChanged& change = entry.members_changed();
      entities_.ChangeMembers(EntityUid(change.group()),
                              {.added_agents = Uids(change.added_agents()),
                               .removed_agents = Uids(change.removed_agents()),
                               .added_users = Texts(change.added_users()),
                               .removed_users = Texts(change.removed_users())},
                              time, LogIndex(index));
      break;
    }
    default:
      return;
  }
  ++groups_version_;
}

absl::Status DecisionScan::Run(const Range& range, const std::function<bool()>& go_on,
                               const Visit& visit) {
  const uint64_t end =
      published_.Read([](const PublishedState::View& view) { return view.head.size; });
  std::unique_ptr<StoreView> view;
  Block block;
  for (uint64_t first = 0; first < end; first += block.size) {
    if (!go_on()) return absl::CancelledError("the caller has gone");
    if (first % kViewEntries == 0) {
      ASSIGN_OR_RETURN(view, store_.NewView());
    }
    RETURN_IF_ERROR(ReadBlock(*view, first, std::min(end, first + kBlockEntries), &block));
    FindLeases(&block);
    for (size_t i = 0; i < block.size; ++i) {
      const Entry& entry = block.entries[i];
      ++entries_;
      FoldGroups(first + i, entry);
      const absl::Time time =
          epoch_start_ + absl::Milliseconds(static_cast<int64_t>(entry.time_ms()));
      if (!HasLease(entry) && entry.kind_case() != Entry::kRefusalsSummarized) continue;
      if (time < range.start || time >= range.end) continue;
      const ReplayedLease* lease = HasLease(entry) ? &block.leases[i] : nullptr;
      if (lease != nullptr && lease->chain.empty()) {
        return Error(Reason::kStoreDamaged,
                     StrCat("entry ", first + i, " names a lease that was never issued"));
      }
      RETURN_IF_ERROR(visit({.index = first + i, .time = time, .entry = entry, .lease = lease}));
    }
  }
  return absl::OkStatus();
}

}  // namespace leasehold
