#ifndef LEASEHOLD_SERVER_POLICY_COMPILED_POLICIES_H_
#define LEASEHOLD_SERVER_POLICY_COMPILED_POLICIES_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/policy/decision.h"

namespace leasehold::v1 {
class PolicySet;
}

namespace leasehold {

// One policy set, checked and made ready to decide. Immutable, safe from any thread. Default deny;
// a deny beats any allow; within a policy, conditions of different kinds must all hold.
class CompiledPolicies {
 public:
  // INVALID_ARGUMENT names policy and key: "policy triage: lease.ttl must be 1s to 30d".
  static absl::StatusOr<std::shared_ptr<const CompiledPolicies>> Compile(const v1::PolicySet& set,
                                                                         PolicyRevision revision);
  // The set that allows nothing, revision 0.
  static std::shared_ptr<const CompiledPolicies> Empty();

  ~CompiledPolicies();

  PolicyRevision revision() const;

  // Whether a lease may be issued or renewed. With several allowing policies the one with the
  // longest ttl decides, ties by order in the set.
  LeaseDecision DecideLease(const DecisionSubject& subject, Delivery delivery) const;

  // Whether one use may happen now: the first rule of the set that allows it decides. A path that
  // is not canonical (http_path.h) and a method that shows what was injected (http_methods.h) are
  // always denied. Allocates nothing but `action`, where allowed.
  UseDecision DecideUse(const UseQuery& query) const;

  // Whether the value may be given to the agent now: some allow policy has delivery REVEALED.
  // `rule` is "lease" or "deny", `action` is "REVEAL".
  UseDecision DecideReveal(const DecisionSubject& subject) const;

 private:
  struct Rep;
  explicit CompiledPolicies(std::unique_ptr<const Rep> rep);
  std::unique_ptr<const Rep> rep_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_COMPILED_POLICIES_H_
