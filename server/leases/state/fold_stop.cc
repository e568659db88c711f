// What revocations and holds do to the state.

#include <algorithm>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/fold_error.h"
#include "server/leases/state/state.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// Ids as they stand in an entry, ascending.
template <typename Id>
std::vector<Id> Ascending(const google::protobuf::RepeatedField<uint64_t>& ids) {
  std::vector<Id> result(ids.begin(), ids.end());
  std::sort(result.begin(), result.end());
  return result;
}

// A part that a later version selects by makes what is named smaller or larger; nobody may guess.
bool IsOfLaterVersion(const ledger::v1::Selector& selector) {
  return !selector.GetReflection()->GetUnknownFields(selector).empty();
}

const ledger::v1::Selector& SelectorOf(const Entry& entry) {
  return entry.has_revoked()    ? entry.revoked().selector()
         : entry.has_hold_set() ? entry.hold_set().selector()
                                : entry.hold_cleared().selector();
}

}  // namespace

absl::Status State::FoldStop(LogIndex index, const Entry& entry) {
  if (IsOfLaterVersion(SelectorOf(entry))) {
    return Error(Reason::kStoreSchemaNewer,
                 StrCat("entry ", index.value(),
                        " has a selector that this version does not know; use a newer one"));
  }
  if (entry.has_revoked()) {
    return FoldRevoked(index, entry.revoked());
  }
  const auto& control =
      entry.has_hold_set() ? entry.hold_set().control() : entry.hold_cleared().control();
  std::optional<Selector> selector = Selector::FromEntry(SelectorOf(entry));
  if (!selector.has_value() || !selector->CanHold()) {
    return FoldError(index, "holds something that cannot be held");
  }
  if (entry.has_hold_set()) {
    holds_.Set({*selector, index, At(entry.time_ms()), TextId(entry.hold_set().reason()),
                TextId(control.actor())});
  } else if (!holds_.Clear(*selector)) {
    return FoldError(index, "ends a hold that was not set");
  }
  return absl::OkStatus();
}

absl::Status State::FoldRevoked(LogIndex index, const ledger::v1::Revoked& revoked) {
  std::optional<Selector> selector = Selector::FromEntry(revoked.selector());
  if (!selector.has_value()) {
    return FoldError(index, "revokes what is nothing, or everything and more");
  }
  if (revoked.number() != revocations_.size() + 1 ||
      LeaseNumber(revoked.through()) >= leases_.next()) {
    return FoldError(index, "revokes under a number that is not the next");
  }
  if (revoked.hold() && !selector->CanHold()) {
    return FoldError(index, "holds something that cannot be held");
  }
  revocations_.push_back({.number = revoked.number(),
                          .selector = *selector,
                          .through = LeaseNumber(revoked.through()),
                          .index = index,
                          .time = last_time_,
                          .hold = revoked.hold(),
                          .reason = TextId(revoked.reason()),
                          .actor = TextId(revoked.control().actor()),
                          .issued_before = EndAt(revoked.issued_before_ms()),
                          .member_agents = Ascending<EntityUid>(revoked.member_agents()),
                          .member_users = Ascending<TextId>(revoked.member_users())});
  const Revocation& revocation = revocations_.back();
  watermarks_.Raise(revocation);
  approvals_.EndCovered(revocation);
  // The mark of a version stands for the leases that were issued at it, not for those that came to
  // it later.
  if (selector->kind() == Selector::Kind::kCombination ||
      selector->kind() == Selector::Kind::kVersion) {
    ListLeases(revocation);
  }
  requests_.Add({revoked.control().request_hash(), index, revocation.time, revocation.number});
  if (revoked.hold()) {
    holds_.Set({*selector, index, revocation.time, revocation.reason, revocation.actor});
  }
  return absl::OkStatus();
}

void State::ListLeases(const Revocation& revocation) {
  for (uint64_t number = 1; number <= revocation.through.value(); ++number) {
    const Lease& lease = *leases_.Find(LeaseNumber(number));
    if (lease.listed_by == 0 && revocation.Covers(lease)) {
      leases_.FindMutable(lease.number)->listed_by = static_cast<uint32_t>(revocation.number);
    }
  }
}

}  // namespace leasehold
