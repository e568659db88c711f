#ifndef LEASEHOLD_SERVER_LEASES_STATE_STATE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_STATE_H_

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/reason.h"
#include "server/leases/state/approvals.h"
#include "server/leases/state/credential_table.h"
#include "server/leases/state/delegations.h"
#include "server/leases/state/entity_table.h"
#include "server/leases/state/holds.h"
#include "server/leases/state/key_history.h"
#include "server/leases/state/lease_table.h"
#include "server/leases/state/operator_table.h"
#include "server/leases/state/policy_history.h"
#include "server/leases/state/policy_leases.h"
#include "server/leases/state/rate_windows.h"
#include "server/leases/state/request_ids.h"
#include "server/leases/state/text_table.h"
#include "server/leases/state/version_table.h"
#include "server/leases/state/watermarks.h"
#include "server/ledger/usage_map.h"

namespace leasehold {

// What entries mean by id or hash. Views live during the call to Apply.
class SideSource {
 public:
  virtual ~SideSource() = default;
  // The cleartext of a text; "" where it was erased or is not there.
  virtual std::string_view Text(TextId id) = 0;
  // Whether the text of that id is the one that its entry committed to. For sources whose texts
  // come from storage; an erased text fits.
  virtual bool TextFits(TextId id, std::string_view commitment) {
    static_cast<void>(id);
    static_cast<void>(commitment);
    return true;
  }
  // The body with this hash, or nullopt.
  virtual std::optional<std::string_view> Body(const Hash& hash) = 0;
  // A set that somebody compiled already, or nullptr.
  virtual std::shared_ptr<const CompiledPolicies> Policies(const Hash& hash) {
    static_cast<void>(hash);
    return nullptr;
  }
};

// A life of the store between restores.
struct EpochInfo {
  Epoch epoch;
  UnixMillis start;
  LogIndex first_index;
};

// Whether a lease can be used, and if not why.
struct Usability {
  Reason reason = Reason::kNone;
  const Revocation* revocation = nullptr;  // where revoked
  // Where not: the lease that ended, which may be one that the lease was delegated from.
  const Lease* ended = nullptr;
  bool ok() const { return reason == Reason::kNone; }
};

// The fold over the ledger: everything that is known about leases and what judges them, and nothing
// that does not follow from entries. The Committer keeps one that runs ahead inside a batch;
// readers see another that follows after each commit; verification folds a third from scratch. Not
// synchronised.
class State {
 public:
  // Folds the entry at `index`, which must be size(). kLedgerViolation says what the entry
  // contradicts (an id that was never defined, a number out of order, time running backwards) and
  // then leaves the state unspecified.
  absl::Status Apply(LogIndex index, const ledger::v1::Entry& entry, SideSource& side);

  uint64_t size() const { return size_; }
  LogId log() const { return log_; }
  Epoch epoch() const { return epochs_.empty() ? Epoch() : epochs_.back().epoch; }
  // All epochs, the current one last.
  const std::vector<EpochInfo>& epochs() const { return epochs_; }
  // The epoch that issued a lease.
  Epoch EpochOf(const Lease& lease) const { return epochs_[lease.epoch_ordinal].epoch; }
  const std::string& origin() const { return origin_; }
  const std::string& checkpoint_key() const { return checkpoint_key_; }
  UnixMillis epoch_start() const { return epochs_.empty() ? UnixMillis() : epochs_.back().start; }
  // When an entry that is folded already was written.
  UnixMillis TimeOf(LogIndex index, const ledger::v1::Entry& entry) const;
  // Time of the newest entry.
  UnixMillis last_time() const { return last_time_; }
  // Empty = never.
  UnixMillis last_backup() const { return last_backup_; }
  // Leases up to this number ended with an earlier epoch.
  LeaseNumber earlier_epochs_through() const { return earlier_epochs_through_; }

  const LeaseTable& leases() const { return leases_; }
  // In order of number, from 1.
  const std::deque<Revocation>& revocations() const { return revocations_; }
  // The server's own: a clock that went back.
  const std::deque<Revocation>& own_revocations() const { return own_revocations_; }
  // The first revocation that covers `lease`, or nullptr. Does not allocate.
  const Revocation* RevocationOf(const Lease& lease) const {
    const Revocation* marked = watermarks_.Covering(lease);
    return lease.listed_by == 0 ? marked : First(marked, &revocations_[lease.listed_by - 1]);
  }
  const Holds& holds() const { return holds_; }
  const EntityTable& entities() const { return entities_; }
  const CredentialTable& credentials() const { return credentials_; }
  const OperatorTable& operators() const { return operators_; }
  // Of the rules that say who callers are, as last loaded; zeros where that was never recorded.
  const Hash& identity_rules() const { return identity_rules_; }
  const VersionTable& versions() const { return versions_; }
  const TextTable& texts() const { return texts_; }
  const PolicyHistory& policies() const { return policies_; }
  const RequestIds& requests() const { return requests_; }
  const KeyHistory& keys() const { return keys_; }
  const UsageMap& usage() const { return usage_; }
  const RateWindows& rates() const { return rates_; }
  const Approvals& approvals() const { return approvals_; }
  const Delegations& delegations() const { return delegations_; }

  // Whether `lease` is usable at `now`: unreleased, unexpired, above every watermark, of this
  // epoch, its agent alive and its credential not revoked; and so is every lease that it was
  // delegated from. Does not allocate.
  Usability CheckLease(const Lease& lease, UnixMillis now) const;
  // The agent that delegated it in the first place; empty for one that was taken.
  EntityUid DelegatorOf(const Lease& lease) const;
  // How many leases that the agent took under the policy are usable at `now`; counts up to
  // `enough`. Delegated ones were not taken.
  size_t CountActive(EntityUid agent, TextId policy, UnixMillis now, size_t enough) const;
  // Whether the agent itself may act at `now`.
  Reason CheckAgent(EntityUid agent, UnixMillis now) const;
  // Whether a credential counts at `now`: kRestoredEpoch, kCredentialRevoked, kCredentialExpired.
  Reason CheckCredential(const Credential& credential, UnixMillis now) const;
  // The version whose value a use of `lease` gets at `now`; kVersionDisabled, kVersionDestroyed or
  // kSecretExpired in `why` where there is none.
  const VersionInfo* VersionFor(const Lease& lease, UnixMillis now, Reason* why) const;

 private:
  friend class StateLoader;
  friend class StateSnapshot;

  // One per group of kinds; see fold_*.cc.
  absl::Status FoldLease(LogIndex index, const ledger::v1::Entry& entry, SideSource& side);
  absl::StatusOr<LeaseTerms> TermsOf(LogIndex index, const ledger::v1::LeaseIssued& issued,
                                     SideSource& side) const;
  Usability CheckAlone(const Lease& lease, UnixMillis now) const;
  // Files a lease that was taken under its policy, and who is above the agent of one that was
  // delegated.
  void FileLease(const Lease& lease);
  void CountUse(Lease& lease, const ledger::v1::Use& use);
  absl::Status FoldUse(LogIndex index, const ledger::v1::Entry& entry);
  absl::Status FoldStop(LogIndex index, const ledger::v1::Entry& entry);
  absl::Status FoldRevoked(LogIndex index, const ledger::v1::Revoked& revoked);
  // Marks each lease that a combination covers: a walk over all of them.
  void ListLeases(const Revocation& revocation);
  absl::Status FoldEntity(LogIndex index, const ledger::v1::Entry& entry, SideSource& side);
  absl::Status FoldOperator(LogIndex index, const ledger::v1::Entry& entry);
  absl::Status FoldApproval(LogIndex index, const ledger::v1::Entry& entry);
  absl::Status FoldRequested(LogIndex index, const ledger::v1::ApprovalRequested& requested);
  absl::Status FoldDecided(LogIndex index, const ledger::v1::ApprovalDecided& decided);
  absl::Status FoldSecret(LogIndex index, const ledger::v1::Entry& entry);
  absl::Status FoldLog(LogIndex index, const ledger::v1::Entry& entry, SideSource& side);
  absl::Status FoldKeys(LogIndex index, const ledger::v1::KeyRotated& rotated);
  absl::Status FoldTime(LogIndex index, const ledger::v1::Entry& entry);
  absl::Status FoldPolicy(LogIndex index, const ledger::v1::PolicyApplied& applied,
                          SideSource& side);
  absl::Status PutEntity(LogIndex index, const ledger::v1::EntityPut& put, SideSource& side);

  UnixMillis At(uint64_t epoch_ms) const {
    return UnixMillis(epoch_start().value() + static_cast<int64_t>(epoch_ms));
  }
  // Like At, where 0 means never.
  UnixMillis EndAt(uint64_t epoch_ms) const { return epoch_ms == 0 ? UnixMillis() : At(epoch_ms); }

  uint64_t size_ = 0;
  LogId log_;
  std::vector<EpochInfo> epochs_;
  std::string origin_;
  std::string checkpoint_key_;
  UnixMillis last_time_;
  UnixMillis last_backup_;
  LeaseNumber earlier_epochs_through_;

  LeaseTable leases_;
  std::deque<Revocation> revocations_;  // whose elements stay where they are: marks point to them
  std::deque<Revocation> own_revocations_;
  Watermarks watermarks_;
  Holds holds_;
  EntityTable entities_;
  CredentialTable credentials_;
  OperatorTable operators_;
  Hash identity_rules_{};
  VersionTable versions_;
  TextTable texts_;
  PolicyHistory policies_;
  RequestIds requests_;
  KeyHistory keys_;
  UsageMap usage_;
  RateWindows rates_;
  Approvals approvals_;
  // Both follow from leases_, and are in no snapshot.
  PolicyLeases policy_leases_;
  Delegations delegations_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_STATE_H_
