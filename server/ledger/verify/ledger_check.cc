#include "server/ledger/verify/ledger_check.h"

#include <algorithm>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/entry_facts.h"
#include "server/ledger/entry_codec.h"
#include "server/ledger/key_change.h"
#include "server/ledger/note.h"
#include "server/ledger/verify/delegation_rules.h"
#include "server/ledger/verify/policy_rules.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

bool HasUnknownFields(const google::protobuf::Message& message) {
  return !message.GetReflection()->GetUnknownFields(message).empty();
}

// HasUnknown, which goes through reflection, without its cost for what most of a ledger consists
// of.
bool HasUnknownQuickly(const Entry& entry) {
  if (HasUnknownFields(entry)) return true;
  switch (entry.kind_case()) {
    case Entry::kUse:
      return HasUnknownFields(entry.use()) || !ledger::v1::Verdict_IsValid(entry.use().verdict()) ||
             !ledger::v1::Adapter_IsValid(entry.use().adapter());
    case Entry::kTextDefined:
      return HasUnknownFields(entry.text_defined()) ||
             !ledger::v1::TextKind_IsValid(entry.text_defined().kind());
    case Entry::kLeaseIssued:
      return HasUnknownFields(entry.lease_issued()) ||
             !ledger::v1::Delivery_IsValid(entry.lease_issued().delivery()) ||
             !ledger::v1::Binding_IsValid(entry.lease_issued().binding()) ||
             !ledger::v1::AuthMethod_IsValid(entry.lease_issued().method());
    default:
      return HasUnknown(entry);
  }
}

}  // namespace

void LedgerCheck::AddEntry(std::string_view bytes) {
  CheckCheckpoint();
  const uint64_t index = tree_.size();
  if (folded_) {
    absl::StatusOr<Entry> entry = DecodeEntry(AsBytes(bytes));
    if (entry.ok()) {
      Fold(index, *entry);
    } else {
      findings_.AddViolation(index, ToStd(entry.status().message()));
      folded_ = false;
    }
  }
  // Of an entry that makes no sense too: the tree then still tells whether it was so from the
  // start.
  tree_.Append(AsBytes(bytes));
}

void LedgerCheck::Fold(uint64_t index, const Entry& entry) {
  if (HasUnknownQuickly(entry)) {
    findings_.AddUndecidable(index, "holds something that this version does not know");
    folded_ = false;
    return;
  }
  findings_.Add(index, rules_.Add(index, entry));
  findings_.Add(index, CheckPolicy(entry, state_));
  findings_.Add(index, CheckDelegation(entry, state_, side_));
  findings_.Add(index, limits_.Add(entry, state_));
  findings_.Add(index, approvals_.Add(entry, state_));
  findings_.Add(index, CheckSide(index, entry));
  const absl::Status applied = state_.Apply(LogIndex(index), entry, side_);
  if (!applied.ok()) {
    // What it says begins with the entry already, and is not a failure to read.
    std::string_view what = ToStd(applied.message());
    if (const std::string prefix = StrCat("entry ", index, " "); what.starts_with(prefix)) {
      what.remove_prefix(prefix.size());
    }
    findings_.Add(index, {.what = std::string(what),
                          .undecidable = ReasonOf(applied) == Reason::kStoreSchemaNewer});
    folded_ = false;
    return;
  }
  summaries_.Add(LogIndex(index), FactsOf(LogIndex(index), entry, state_));
}

Objection LedgerCheck::CheckSide(uint64_t index, const Entry& entry) {
  switch (entry.kind_case()) {
    case Entry::kTextDefined:
      return side_.CheckDefined(index, entry.text_defined());
    case Entry::kTextErased:
      return side_.CheckErased(entry.text_erased());
    case Entry::kSnapshot:
      return snapshot_.AddEntry(index, entry.snapshot(), state_);
    case Entry::kEpochStarted:
      return CheckEpoch(entry.epoch_started());
    case Entry::kKeyRotated:
      return CheckKeyRotated(entry.key_rotated());
    case Entry::kVersionAdded:
      version_entries_[{entry.version_added().secret(), entry.version_added().version()}] = index;
      return {};
    default:
      return {};
  }
}

// The key before signed for the new one, or somebody else put it there.
Objection LedgerCheck::CheckKeyRotated(const ledger::v1::KeyRotated& rotated) const {
  if (rotated.key_class() != ledger::v1::KEY_CLASS_CHECKPOINT) return {};
  Ed25519PublicKey key{};
  if (state_.checkpoint_key().size() == key.size()) {
    std::copy(state_.checkpoint_key().begin(), state_.checkpoint_key().end(), key.begin());
    const absl::StatusOr<NoteVerifier> before = NoteVerifier::Make(state_.origin(), key);
    if (before.ok() &&
        FollowKeyChange(*before, rotated.number(), rotated.public_key(), rotated.signature())
            .ok()) {
      return {};
    }
  }
  return {.what = "gives checkpoints a key that the key before did not sign for"};
}

Objection LedgerCheck::CheckEpoch(const ledger::v1::EpochStarted& started) const {
  if (started.previous_root() == AsText(tree_.Root())) return {};
  return {.what =
              "starts an epoch on another ledger than this one: the root before it is not the "
              "one that it names"};
}

void LedgerCheck::CheckCheckpoint() {
  if (!options_.checkpoint.has_value() || options_.checkpoint->head.size != tree_.size()) return;
  const Checkpoint& known = *options_.checkpoint;
  checkpoint_consistent_ = tree_.Root() == known.head.root;
  if (!*checkpoint_consistent_) {
    findings_.AddViolation(StrCat("the first ", known.head.size,
                                  " entries are not those that the checkpoint covers: one of them "
                                  "was changed, or it is another ledger"));
  } else if (folded_ && known.head.size > 0 && known.origin != state_.origin()) {
    checkpoint_consistent_ = false;
    findings_.AddViolation(
        StrCat("the checkpoint is of ", known.origin, ", the ledger of ", state_.origin()));
  }
}

void LedgerCheck::FinishEntries() {
  CheckCheckpoint();
  if (options_.checkpoint.has_value() && options_.checkpoint->head.size > tree_.size()) {
    checkpoint_consistent_ = false;
    findings_.AddViolation(StrCat(
        "the ledger ends at ", tree_.size(), " entries, but the checkpoint covers ",
        options_.checkpoint->head.size,
        ": the later ones are missing, because the database is older than the checkpoint or "
        "entries "
        "were removed; a backup holds all that a checkpoint covers only if the checkpoint was "
        "taken before it"));
  }
  if (folded_) side_.CheckRest(findings_);
}

std::optional<uint64_t> LedgerCheck::IndexOf(const VersionKey& key) const {
  const auto it = version_entries_.find({key.secret.value(), key.number.value()});
  if (it == version_entries_.end()) return std::nullopt;
  return it->second;
}

VerifyReport LedgerCheck::Report() {
  VerifyReport report;
  report.head = tree_.Head();
  report.origin = state_.origin();
  report.entries = tree_.size();
  report.leases = state_.leases().count();
  report.allowed_uses = rules_.allowed_uses();
  report.revocations = state_.revocations().size();
  report.texts_erased = side_.texts_erased();
  report.checkpoint_consistent = checkpoint_consistent_;
  findings_.MoveTo(&report);
  return report;
}

}  // namespace leasehold
