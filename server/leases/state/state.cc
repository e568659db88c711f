#include "server/leases/state/state.h"

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/fold_error.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {

using ledger::v1::Entry;

absl::Status FoldError(LogIndex index, std::string_view what) {
  return Error(Reason::kLedgerViolation, StrCat("entry ", index.value(), " ", what));
}

absl::Status State::Apply(LogIndex index, const Entry& entry, SideSource& side) {
  if (index.value() != size_) {
    return FoldError(index, StrCat("is not the next one, which is ", size_));
  }
  RETURN_IF_ERROR(FoldTime(index, entry));
  switch (entry.kind_case()) {
    case Entry::kUse:
    case Entry::kRefusalsSummarized:
      RETURN_IF_ERROR(FoldUse(index, entry));
      break;
    case Entry::kLeaseIssued:
    case Entry::kLeaseRenewed:
    case Entry::kLeaseReleased:
      RETURN_IF_ERROR(FoldLease(index, entry, side));
      break;
    case Entry::kRevoked:
    case Entry::kHoldSet:
    case Entry::kHoldCleared:
      RETURN_IF_ERROR(FoldStop(index, entry));
      break;
    case Entry::kEntityPut:
    case Entry::kEntityDeleted:
    case Entry::kMembersChanged:
      RETURN_IF_ERROR(FoldEntity(index, entry, side));
      break;
    case Entry::kCredentialIssued:
    case Entry::kCredentialRevoked:
    case Entry::kVersionAdded:
    case Entry::kVersionState:
      RETURN_IF_ERROR(FoldSecret(index, entry));
      break;
    case Entry::kApprovalRequested:
    case Entry::kApprovalDecided:
      RETURN_IF_ERROR(FoldApproval(index, entry));
      break;
    case Entry::kRoleChanged:
    case Entry::kConfigLoaded:
      RETURN_IF_ERROR(FoldOperator(index, entry));
      break;
    case Entry::kLogCreated:
    case Entry::kEpochStarted:
    case Entry::kClockMark:
    case Entry::kTextDefined:
    case Entry::kBackupTaken:
      RETURN_IF_ERROR(FoldLog(index, entry, side));
      break;
    case Entry::kPolicyApplied:
      RETURN_IF_ERROR(FoldPolicy(index, entry.policy_applied(), side));
      break;
    case Entry::kKeyRotated:
      RETURN_IF_ERROR(FoldKeys(index, entry.key_rotated()));
      break;
    case Entry::kSnapshot:
    case Entry::kUseOutcome:
    case Entry::kUseContinued:
      break;  // tell, and change nothing
    default:
      // Guessing at what a kind of a later version does could make a revoked lease usable.
      return Error(Reason::kStoreSchemaNewer,
                   StrCat("entry ", index.value(), " is of kind ", EntryKindName(entry.kind_case()),
                          ", which this version does not know; use a newer one"));
  }
  ++size_;
  return absl::OkStatus();
}

absl::Status State::FoldTime(LogIndex index, const Entry& entry) {
  if (entry.kind_case() == Entry::kLogCreated || entry.kind_case() == Entry::kEpochStarted) {
    return absl::OkStatus();  // these set the clock that the others count by
  }
  if (size_ == 0) {
    return FoldError(index, "comes before log_created");
  }
  UnixMillis time = At(entry.time_ms());
  if (time < last_time_) {
    return FoldError(index, StrCat("is ", absl::FormatDuration(last_time_ - time),
                                   " older than the one before it"));
  }
  last_time_ = time;
  return absl::OkStatus();
}

UnixMillis State::TimeOf(LogIndex index, const Entry& entry) const {
  // Epochs are few: restores.
  for (auto epoch = epochs_.rbegin(); epoch != epochs_.rend(); ++epoch) {
    if (index >= epoch->first_index) {
      return UnixMillis(epoch->start.value() + static_cast<int64_t>(entry.time_ms()));
    }
  }
  return UnixMillis();
}

Usability State::CheckLease(const Lease& lease, UnixMillis now) const {
  // Most leases were not delegated, and the others not often.
  for (const Lease* each = &lease;; each = leases_.Find(each->terms->parent)) {
    Usability usable = CheckAlone(*each, now);
    if (!usable.ok()) {
      usable.ended = each;
      return usable;
    }
    if (each->terms->parent.empty()) return {};
  }
}

size_t State::CountActive(EntityUid agent, TextId policy, UnixMillis now, size_t enough) const {
  using Found = PolicyLeases::Found;
  return policy_leases_.Count(agent, policy, enough, [&](LeaseNumber number) {
    const Usability usable = CheckLease(*leases_.Find(number), now);
    if (usable.ok()) return Found::kActive;
    const bool all_older = usable.reason == Reason::kRestoredEpoch ||
                           (usable.revocation != nullptr &&
                            (usable.revocation->selector.kind() == Selector::Kind::kAll ||
                             usable.revocation->selector.kind() == Selector::Kind::kAgent));
    return all_older ? Found::kOverWithAllOlder : Found::kOver;
  });
}

void State::FileLease(const Lease& lease) {
  if (!lease.terms->parent.empty()) {
    for (const Lease* above = leases_.Find(lease.terms->parent); above != nullptr;
         above = leases_.Find(above->terms->parent)) {
      delegations_.Add(above->agent, lease.agent);
    }
    return;
  }
  // Its agent is taking one, so no lease of the agent's is over only for a while.
  policy_leases_.Add(lease.agent, lease.policy, lease.number, [this](LeaseNumber number) {
    return !CheckLease(*leases_.Find(number), last_time_).ok();
  });
}

Usability State::CheckAlone(const Lease& lease, UnixMillis now) const {
  if (lease.epoch_ordinal + 1 != epochs_.size() || lease.number <= earlier_epochs_through_) {
    return {Reason::kRestoredEpoch};
  }
  if (const Revocation* revocation = RevocationOf(lease)) {
    return {Reason::kLeaseRevoked, revocation};
  }
  if (lease.released) {
    return {Reason::kLeaseReleased};
  }
  if (now >= lease.expire_time) {
    return {Reason::kLeaseExpired};
  }
  if (const Credential* credential = credentials_.Find(lease.credential);
      credential != nullptr && credential->revoked) {
    return {Reason::kCredentialRevoked};
  }
  return {CheckAgent(lease.agent, now)};
}

Reason State::CheckAgent(EntityUid agent, UnixMillis now) const {
  const Entity* entity = entities_.Find(agent);
  if (entity == nullptr || entity->deleted || entity->kind != EntityKind::kAgent) {
    return Reason::kLeaseRevoked;
  }
  if (!entity->expire_time.empty() && now >= entity->expire_time) {
    return Reason::kAgentExpired;
  }
  return Reason::kNone;
}

Reason State::CheckCredential(const Credential& credential, UnixMillis now) const {
  if (credential.id <= credentials_.ended_through()) {
    return Reason::kRestoredEpoch;
  }
  if (credential.revoked) {
    return Reason::kCredentialRevoked;
  }
  if (!credential.expire_time.empty() && now >= credential.expire_time) {
    return Reason::kCredentialExpired;
  }
  return Reason::kNone;
}

const VersionInfo* State::VersionFor(const Lease& lease, UnixMillis now, Reason* why) const {
  const VersionInfo* version = lease.follows_latest ? versions_.Latest(lease.secret, now)
                                                    : versions_.Find(lease.secret, lease.version);
  if (version != nullptr && version->UsableAt(now)) {
    return version;
  }
  if (version == nullptr) {
    version = versions_.Find(lease.secret, lease.version);
  }
  if (version == nullptr || version->state == VersionState::kDestroyed) {
    *why = Reason::kVersionDestroyed;
  } else if (version->state == VersionState::kDisabled) {
    *why = Reason::kVersionDisabled;
  } else {
    *why = Reason::kSecretExpired;
  }
  return nullptr;
}

}  // namespace leasehold
