#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_POLICIES_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_POLICIES_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"

namespace leasehold {

struct PolicyApply {
  Principal principal;
  std::string body;  // serialised leasehold.v1.PolicySet
  // Compiled before it was handed in, under the number that it will get if `base` is in force; else
  // the set is compiled anew at its place.
  std::shared_ptr<const CompiledPolicies> compiled;
  // Where set: the revision that must be in force.
  std::optional<PolicyRevision> base;
};

// Puts a set in force; the same set as before changes nothing. ETAG_MISMATCH. The revision in
// force.
absl::StatusOr<PolicyRevision> ApplyPolicySet(Transaction& tx, const PolicyApply& apply);

struct BackupNote {
  Principal principal;
  TreeHead head;  // of the copy
};
// Records that a backup was made and verified.
absl::StatusOr<LogIndex> NoteBackup(Transaction& tx, const BackupNote& note);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_POLICIES_H_
