#ifndef LEASEHOLD_SERVER_POLICY_COMPILED_POLICIES_H_
#define LEASEHOLD_SERVER_POLICY_COMPILED_POLICIES_H_

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/policy/compiled_policy.h"
#include "server/policy/decision.h"

namespace leasehold::v1 {
class PolicySet;
}

namespace leasehold {

// One policy set, checked and made ready to decide. Immutable, safe from any thread. Default deny;
// a deny beats any allow; within a policy, conditions of different kinds must all hold.
//
// Observe mode. A deny policy that is observed at the subject's time denies nothing. An allow
// policy that is observed is first taken at its word; where the set then denies a use, or asks for
// approvers, the set is asked again as if the observed policies that cover the subject allowed
// every use without approvers. What they say about the lease itself (ttl, delivery, binding,
// max_active) always holds, and so does default deny for those whom none of them covers. A decision
// that only the second question allows tells the denial of the first.
class CompiledPolicies {
 public:
  // INVALID_ARGUMENT names policy and key: "policy triage: lease.ttl must be 1s to 30d". A policy
  // in observe mode has its observe_until (observe_mode.h fills it in).
  static absl::StatusOr<std::shared_ptr<const CompiledPolicies>> Compile(const v1::PolicySet& set,
                                                                         PolicyRevision revision);
  // The set that allows nothing, revision 0.
  static std::shared_ptr<const CompiledPolicies> Empty();

  ~CompiledPolicies();

  PolicyRevision revision() const;
  // In the order of the set.
  std::span<const CompiledPolicy> policies() const;
  // Names of the policies that are in observe mode at `time`, in the order of the set.
  std::vector<std::string_view> ObservedAt(absl::Time time) const;

  // Whether a lease may be issued or renewed. Of several allowing policies those that wait for no
  // approvers come first, then the one with the longest ttl decides, ties by order in the set.
  LeaseDecision DecideLease(const DecisionSubject& subject, Delivery delivery) const;

  // Whether one use may happen now: the first rule of the set that allows it decides. A path that
  // is not canonical (http_path.h) and a method that shows what was injected (http_methods.h) are
  // always denied. Allocates nothing but `action`, where allowed, and for more than eight limits.
  UseDecision DecideUse(const UseQuery& query) const;

  // Whether the value may be given to the agent now: some allow policy has delivery REVEALED.
  // `rule` is "lease" or "deny", `action` is "REVEAL".
  UseDecision DecideReveal(const DecisionSubject& subject) const;

  // Whether a deny policy covers `subject`, whatever allows: for the agents between the one that
  // took a lease and the one that uses it.
  DenyDecision DecideDeny(const DecisionSubject& subject) const;

  // Whether any policy of the set has limits.
  bool HasLimits() const;
  // The limits of all allow policies that cover `subject`, as in UseDecision: those that a use is
  // counted for, whatever came of the decision.
  LimitList LimitsOf(const DecisionSubject& subject) const;

 private:
  struct Rep;
  explicit CompiledPolicies(std::unique_ptr<const Rep> rep);
  std::unique_ptr<const Rep> rep_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_COMPILED_POLICIES_H_
