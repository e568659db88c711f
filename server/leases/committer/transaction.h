#ifndef LEASEHOLD_SERVER_LEASES_COMMITTER_TRANSACTION_H_
#define LEASEHOLD_SERVER_LEASES_COMMITTER_TRANSACTION_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/principal.h"
#include "server/leases/state/state.h"
#include "server/ledger/block_summary.h"
#include "server/ledger/merkle_log.h"
#include "storage/rows.h"

namespace leasehold {

// One batch while it is being put together: the private state in which each entry is folded the
// moment it is appended, and everything that one commit will write. Committer's thread only.
class Transaction final : private SideSource {
 public:
  Transaction(State& state, MerkleLog& log, BlockSummaryBuilder& summaries, UnixMillis now);

  const State& state() const { return state_; }
  // The ledger's time of this batch.
  UnixMillis now() const { return now_; }

  // Gives `entry` its time and place, encodes, hashes and folds it. What does not fold is our bug
  // and stops the process.
  LogIndex Append(ledger::v1::Entry entry);

  // The id of a text, defined by an entry of its own if need be.
  TextId DefineText(ledger::v1::TextKind kind, std::string_view text);
  // DefineText, where "" has no id.
  TextId DefineOptionalText(ledger::v1::TextKind kind, std::string_view text) {
    return text.empty() ? TextId() : DefineText(kind, text);
  }
  ledger::v1::Control MakeControl(const Principal& principal, std::string_view request_hash = {});

  // Stores `body` beside the ledger and gives its hash.
  Hash AddBody(std::string body);
  // AddBody for a policy set that is compiled already.
  Hash AddPolicySet(std::string body, std::shared_ptr<const CompiledPolicies> compiled);
  void AddVersion(VersionRow row) { batch_.versions.push_back(std::move(row)); }
  void DestroyVersion(const VersionKey& key) { batch_.destroyed_versions.push_back(key); }
  void PutKey(KeyRow row) { batch_.keys.push_back(std::move(row)); }
  void RemoveKey(KeyRow row) { batch_.removed_keys.push_back(std::move(row)); }

  // Milliseconds since the epoch's start, as entries count.
  uint64_t EpochMillis(UnixMillis time) const;
  // The same for an end, where 0 means never: an end at the very start comes a millisecond later.
  uint64_t EpochEndMillis(UnixMillis end) const;

  // Nothing to write. Keys and versions that are wrapped anew have no entries.
  bool empty() const {
    return entries_.empty() && batch_.versions.empty() && batch_.keys.empty() &&
           batch_.removed_keys.empty();
  }
  // Whether something in it can end leases.
  bool has_stop() const { return has_stop_; }

 private:
  friend class Committer;

  std::string_view Text(TextId id) override;
  std::optional<std::string_view> Body(const Hash& hash) override;
  std::shared_ptr<const CompiledPolicies> Policies(const Hash& hash) override;

  State& state_;
  MerkleLog& log_;
  BlockSummaryBuilder& summaries_;
  const UnixMillis now_;
  std::vector<ledger::v1::Entry> entries_;
  Batch batch_;
  absl::flat_hash_map<Hash, std::shared_ptr<const CompiledPolicies>> compiled_;
  bool has_stop_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_COMMITTER_TRANSACTION_H_
