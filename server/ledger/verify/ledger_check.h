#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_LEDGER_CHECK_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_LEDGER_CHECK_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/state.h"
#include "server/ledger/block_summary.h"
#include "server/ledger/merkle_log.h"
#include "server/ledger/verify/approval_rules.h"
#include "server/ledger/verify/findings.h"
#include "server/ledger/verify/lease_rules.h"
#include "server/ledger/verify/limit_rules.h"
#include "server/ledger/verify/side_rows.h"
#include "server/ledger/verify/snapshot_check.h"

namespace leasehold {

// Verification as far as entries, texts and bodies go, whatever they come from. In this order:
// texts and bodies into side(), entries, FinishEntries, then what else the source has.
class LedgerCheck {
 public:
  explicit LedgerCheck(VerifyOptions options) : options_(std::move(options)) {}

  Findings& findings() { return findings_; }
  SideRows& side() { return side_; }
  SnapshotCheck& snapshot() { return snapshot_; }

  // The next entry's bytes as stored.
  void AddEntry(std::string_view bytes);
  uint64_t size() const { return tree_.size(); }
  MerkleLog& tree() { return tree_; }

  void FinishEntries();
  // Whether every entry so far could be folded. Where not, whatever follows from the state would be
  // wrong, and says nothing.
  bool folded() const { return folded_; }
  const State& state() const { return state_; }
  std::vector<SummaryRow> TakeFullSummaries() { return summaries_.TakeFull(size()); }
  // The entry that added a version.
  std::optional<uint64_t> IndexOf(const VersionKey& key) const;

  // The last call.
  VerifyReport Report();

 private:
  void CheckCheckpoint();
  void Fold(uint64_t index, const ledger::v1::Entry& entry);
  Objection CheckSide(uint64_t index, const ledger::v1::Entry& entry);
  Objection CheckKeyRotated(const ledger::v1::KeyRotated& rotated) const;
  Objection CheckEpoch(const ledger::v1::EpochStarted& started) const;

  const VerifyOptions options_;
  Findings findings_;
  SideRows side_;
  MerkleLog tree_;
  State state_;
  LeaseRules rules_;
  LimitRules limits_;
  ApprovalRules approvals_;
  SnapshotCheck snapshot_;
  BlockSummaryBuilder summaries_;
  absl::flat_hash_map<std::pair<uint64_t, uint64_t>, uint64_t> version_entries_;
  bool folded_ = true;
  std::optional<bool> checkpoint_consistent_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_LEDGER_CHECK_H_
