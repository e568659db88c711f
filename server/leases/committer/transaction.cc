#include "server/leases/committer/transaction.h"

#include <algorithm>
#include <utility>

#include "server/base/check.h"
#include "server/leases/state/entry_facts.h"
#include "server/ledger/commitment.h"
#include "server/ledger/entry_codec.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// Kinds after which a lease that was usable may not be.
bool IsStop(const Entry& entry) {
  switch (entry.kind_case()) {
    case Entry::kRevoked:
    case Entry::kLeaseReleased:
    case Entry::kEntityDeleted:
    case Entry::kEntityPut:  // an agent's expiry may have moved
    case Entry::kCredentialRevoked:
    case Entry::kClockMark:
    case Entry::kEpochStarted:
      return true;
    default:
      return false;
  }
}

}  // namespace

Transaction::Transaction(State& state, MerkleLog& log, BlockSummaryBuilder& summaries,
                         UnixMillis now)
    : state_(state), log_(log), summaries_(summaries), now_(std::max(now, state.last_time())) {
  batch_.first_index = state.size();
}

LogIndex Transaction::Append(Entry entry) {
  LogIndex index(state_.size());
  if (!entry.has_log_created() && !entry.has_epoch_started()) {
    entry.set_time_ms(EpochMillis(now_));
  }
  std::string bytes;
  absl::Status encoded = EncodeEntry(entry, &bytes);
  LEASEHOLD_CHECK(encoded.ok(), encoded.ToString());
  absl::Status folded = state_.Apply(index, entry, *this);
  LEASEHOLD_CHECK(folded.ok(), folded.ToString());
  log_.Append(AsBytes(bytes));
  summaries_.Add(index, FactsOf(index, entry, state_));
  has_stop_ = has_stop_ || IsStop(entry);
  batch_.entries.push_back(std::move(bytes));
  entries_.push_back(std::move(entry));
  return index;
}

TextId Transaction::DefineText(ledger::v1::TextKind kind, std::string_view text) {
  if (TextId known = state_.texts().Find(kind, text); !known.empty()) {
    return known;
  }
  TextId id = state_.texts().next();
  TextCommitment commitment = CommitToText(kind, text);
  batch_.texts.push_back({id, kind, std::move(commitment.salt), std::string(text)});
  Entry entry;
  ledger::v1::TextDefined* defined = entry.mutable_text_defined();
  defined->set_id(id.value());
  defined->set_kind(kind);
  defined->set_commitment(std::string(AsText(commitment.hash)));
  Append(std::move(entry));
  return id;
}

ledger::v1::Control Transaction::MakeControl(const Principal& principal,
                                             std::string_view request_hash) {
  ledger::v1::Control control;
  control.set_actor(DefineText(ledger::v1::TEXT_KIND_PRINCIPAL, principal.name).value());
  control.set_method(static_cast<ledger::v1::AuthMethod>(principal.method));
  control.set_credential(principal.credential.value());
  control.set_address(DefineOptionalText(ledger::v1::TEXT_KIND_ADDRESS, principal.address).value());
  control.set_request_hash(std::string(request_hash));
  return control;
}

Hash Transaction::AddBody(std::string body) {
  Hash hash = Sha256Of(AsBytes(body));
  batch_.bodies.push_back({hash, std::move(body)});
  return hash;
}

Hash Transaction::AddPolicySet(std::string body, std::shared_ptr<const CompiledPolicies> compiled) {
  Hash hash = AddBody(std::move(body));
  compiled_[hash] = std::move(compiled);
  return hash;
}

uint64_t Transaction::EpochMillis(UnixMillis time) const {
  return static_cast<uint64_t>(time.value() - state_.epoch_start().value());
}

uint64_t Transaction::EpochEndMillis(UnixMillis end) const {
  return end.empty() ? 0 : std::max(EpochMillis(end), uint64_t{1});
}

std::string_view Transaction::Text(TextId id) {
  // Ids are dense, so the batch's texts stand in order from its first.
  if (batch_.texts.empty() || id < batch_.texts.front().id || batch_.texts.back().id < id) {
    return {};
  }
  return batch_.texts[id.value() - batch_.texts.front().id.value()].text;
}

std::optional<std::string_view> Transaction::Body(const Hash& hash) {
  for (auto it = batch_.bodies.rbegin(); it != batch_.bodies.rend(); ++it) {
    if (it->hash == hash) {
      return it->body;
    }
  }
  return std::nullopt;
}

std::shared_ptr<const CompiledPolicies> Transaction::Policies(const Hash& hash) {
  auto it = compiled_.find(hash);
  return it == compiled_.end() ? nullptr : it->second;
}

}  // namespace leasehold
