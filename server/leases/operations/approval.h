#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_APPROVAL_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_APPROVAL_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"
#include "server/policy/decision.h"

namespace leasehold {

// A lease that policy gives, were there not its approvers. Views live during the call.
struct ApprovalAsk {
  const Principal& principal;  // an agent
  EntityUid secret;
  std::string_view workflow;
  std::string_view run;      // may be empty
  std::string_view purpose;  // in the agent's words; needed where nobody was asked yet
  std::string_view policy;
  const CompiledApproval& terms;
};

// The number of the approval that the lease may rest on now. Else asks the approvers, or joins the
// request that stands, and says so: APPROVAL_REQUIRED with its name in the metadata "approval".
// POLICY_DENIED where they refused, INVALID_ARGUMENT without a purpose, RATE_LIMITED where too many
// of the agent's requests stand.
absl::StatusOr<uint64_t> ApprovalFor(Transaction& tx, const ApprovalAsk& ask);

struct ApprovalDecision {
  Principal principal;
  uint64_t approval = 0;
  bool approved = false;
  std::string reason;  // a Text; may be empty for yes
};

// Takes an approver's answer. Yes counts while the request waits; no ends it for all, and ends what
// was approved and is not used up. NOT_FOUND; ROLE_FORBIDDEN for who is not in the group that the
// policy named when it was asked, and for who asked: the agent, its user, and agents that ever were
// above or below it in a delegation; FAILED_PRECONDITION where it is over, or for a second answer.
absl::StatusOr<uint64_t> DecideApproval(Transaction& tx, const ApprovalDecision& decision);

// Whether `principal` is in the group that answers `approval`: agents as its agents, people as its
// users, under the name of the user or of the principal ("operator:uid=0"). Who asked, too.
bool IsInApproverGroup(const State& state, const Approval& approval, const Principal& principal);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_APPROVAL_H_
