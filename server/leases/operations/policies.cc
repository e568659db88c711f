#include "server/leases/operations/policies.h"

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

using ledger::v1::Entry;

absl::StatusOr<PolicyRevision> ApplyPolicySet(Transaction& tx, const PolicyApply& apply) {
  const PolicyHistory& policies = tx.state().policies();
  if (apply.base.has_value() && *apply.base != policies.revision()) {
    return Error(Reason::kEtagMismatch,
                 StrCat("revision ", policies.revision().value(), " is in force, not ",
                        apply.base->value(), "; look at it and apply again"));
  }
  const PolicyRevisionInfo* current = policies.Find(policies.revision());
  if (current != nullptr && current->set_hash == Sha256Of(AsBytes(apply.body))) {
    return current->revision;
  }
  PolicyRevision revision(policies.revision().value() + 1);
  Entry entry;
  ledger::v1::PolicyApplied* applied = entry.mutable_policy_applied();
  *applied->mutable_control() = tx.MakeControl(apply.principal);
  applied->set_revision(revision.value());
  applied->set_set_hash(std::string(AsText(tx.AddPolicySet(apply.body, apply.compiled))));
  tx.Append(std::move(entry));
  return revision;
}

absl::StatusOr<LogIndex> NoteBackup(Transaction& tx, const BackupNote& note) {
  Entry entry;
  ledger::v1::BackupTaken* taken = entry.mutable_backup_taken();
  *taken->mutable_control() = tx.MakeControl(note.principal);
  taken->set_size(note.head.size);
  taken->set_root(std::string(AsText(note.head.root)));
  return tx.Append(std::move(entry));
}

}  // namespace leasehold
