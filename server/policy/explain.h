#ifndef LEASEHOLD_SERVER_POLICY_EXPLAIN_H_
#define LEASEHOLD_SERVER_POLICY_EXPLAIN_H_

#include <cstddef>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/compiled_target.h"

namespace leasehold::v1 {
class ExplainDecisionRequest;
class Explanation;
}  // namespace leasehold::v1

namespace leasehold {

// What a question is judged against, where it says nothing itself. Views, valid during the call.
struct ExplainWorld {
  const CompiledPolicies& policies;
  std::span<const std::string_view> groups = {};       // of the agent
  std::span<const std::string_view> user_groups = {};  // of the user
  const CompiledTarget* target = nullptr;              // nullptr = not declared, or none named
  absl::Time now;
};

// Policies are explained up to so many bytes, well below what an answer may have; those that cover
// come first, and how many are left out is said.
inline constexpr size_t kExplanationBytesMax = size_t{4} * 1024 * 1024;

// Decides what `request` asks for, with the functions that decide for agents, and tells how each
// policy fared: the one that decides first, then those that cover, then the others, in the order of
// the set. Names need not exist: what is asked may be about an agent that will. INVALID_ARGUMENT
// names the field.
absl::StatusOr<v1::Explanation> Explain(const v1::ExplainDecisionRequest& request,
                                        const ExplainWorld& world);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_EXPLAIN_H_
