#ifndef LEASEHOLD_SERVER_POLICY_POLICY_SECTIONS_H_
#define LEASEHOLD_SERVER_POLICY_POLICY_SECTIONS_H_

#include "absl/status/status.h"
#include "server/policy/compiled_policy.h"

// The sections of a policy that say when it holds and what a lease waits for. Each checks its part
// of `policy` and puts it into `out`, whose earlier parts are there; INVALID_ARGUMENT with a
// sentence that starts with the key.

namespace leasehold {

// mode, observe_until.
absl::Status CompileMode(const v1::Policy& policy, CompiledPolicy* out);

absl::Status CompileWhen(const v1::Policy& policy, SetBudget* budget, CompiledPolicy* out);

// Needs the lease section.
absl::Status CompileApproval(const v1::Policy& policy, CompiledPolicy* out);

// Needs name and mode.
absl::Status CompileLimits(const v1::Policy& policy, int position, SetBudget* budget,
                           CompiledPolicy* out);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_POLICY_SECTIONS_H_
