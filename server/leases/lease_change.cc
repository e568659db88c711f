#include "server/leases/lease_change.h"

#include "server/leases/state/lease_chain.h"

namespace leasehold {

using ledger::v1::Entry;

std::optional<LeaseChange> LeaseChange::Of(LogIndex index, const Entry& entry, UnixMillis time) {
  LeaseChange change(index, time, Reach::kMany);
  switch (entry.kind_case()) {
    case Entry::kLeaseIssued:
      change.reach_ = Reach::kOne;
      change.lease_ = LeaseNumber(entry.lease_issued().number());
      return change;
    case Entry::kLeaseRenewed:
      change.reach_ = Reach::kOne;
      change.lease_ = LeaseNumber(entry.lease_renewed().number());
      return change;
    case Entry::kLeaseReleased:
      change.reach_ = Reach::kBelow;
      change.lease_ = LeaseNumber(entry.lease_released().number());
      return change;
    case Entry::kCredentialRevoked:
      change.credential_ = CredentialId(entry.credential_revoked().credential());
      return change;
    case Entry::kEntityDeleted:
      change.entity_ = EntityUid(entry.entity_deleted().uid());
      return change;
    case Entry::kRevoked:
    case Entry::kClockMark:
      return change;
    default:
      return std::nullopt;
  }
}

bool LeaseChange::Ends(const State& state, const Lease& lease) const {
  if (reach_ == Reach::kBelow) {
    return lease.number == lease_;
  }
  if (!credential_.empty()) {
    return lease.credential == credential_;
  }
  if (!entity_.empty()) {
    return lease.agent == entity_;
  }
  const Revocation* revocation = state.RevocationOf(lease);
  return revocation != nullptr && revocation->index == index_;
}

bool LeaseChange::Changed(const State& state, const Lease& lease) const {
  if (reach_ != Reach::kMany && lease.number == lease_) {
    return true;
  }
  if (reach_ == Reach::kOne || lease.issue_index > index_ || lease.released ||
      lease.expire_time <= time_) {
    return false;
  }
  bool ends = false;
  for (const Lease* each : ChainOf(state.leases(), lease)) {
    const Revocation* revocation = state.RevocationOf(*each);
    if (revocation != nullptr && revocation->index < index_) {
      return false;  // it was over already
    }
    ends = ends || Ends(state, *each);
  }
  return ends;
}

}  // namespace leasehold
