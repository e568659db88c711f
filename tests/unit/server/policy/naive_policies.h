#ifndef LEASEHOLD_TESTS_UNIT_SERVER_POLICY_NAIVE_POLICIES_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_POLICY_NAIVE_POLICIES_H_

#include <string_view>

#include "server/policy/decision.h"

namespace leasehold::v1 {
class PolicySet;
}

// The rules of policy a second time, in the plainest way: straight from the messages, every policy
// in turn, patterns by recursion. Shares no code with what it checks.
namespace leasehold {

bool NaiveNameMatches(std::string_view pattern, std::string_view name);
bool NaivePathMatches(std::string_view pattern, std::string_view path);

// What CompiledPolicies should say. `hint` stays empty. The set is one that compiles, paths are
// canonical or contain "..", methods are known.
LeaseDecision NaiveDecideLease(const v1::PolicySet& set, const DecisionSubject& subject,
                               Delivery delivery);
UseDecision NaiveDecideUse(const v1::PolicySet& set, const UseQuery& query);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_POLICY_NAIVE_POLICIES_H_
