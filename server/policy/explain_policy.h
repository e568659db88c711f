#ifndef LEASEHOLD_SERVER_POLICY_EXPLAIN_POLICY_H_
#define LEASEHOLD_SERVER_POLICY_EXPLAIN_POLICY_H_

#include "server/policy/compiled_policy.h"
#include "server/policy/decision.h"

namespace leasehold::v1 {
class PolicyExplanation;
}

namespace leasehold {

// What is asked of each policy. Views, valid during the call.
struct ExplainedQuestion {
  UseQuery use;  // `target` is empty where only a lease is asked for
  Delivery delivery = Delivery::kBrokered;
};

// How `policy` fares, condition by condition, as the functions that decide tell it (TryCover,
// TryRule): this only puts their answers into words. At most some 200 KiB, for a hundred rules.
void ExplainPolicy(const CompiledPolicy& policy, const ExplainedQuestion& question,
                   v1::PolicyExplanation* out);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_EXPLAIN_POLICY_H_
