#ifndef LEASEHOLD_TESTS_UNIT_SERVER_POLICY_NAIVE_POLICIES_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_POLICY_NAIVE_POLICIES_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "server/policy/decision.h"

namespace leasehold::v1 {
class PolicySet;
}

// The rules of policy a second time, in the plainest way: straight from the messages, every policy
// in turn, patterns by recursion, observe mode by deciding about a set that was rewritten. Shares
// no code with what it checks.
namespace leasehold {

bool NaiveNameMatches(std::string_view pattern, std::string_view name);
bool NaivePathMatches(std::string_view pattern, std::string_view path);

struct NaiveLease {
  bool allowed = false;
  Reason reason = Reason::kNone;
  bool visible = false;
  std::string policy;
  absl::Duration ttl;
  absl::Duration max_ttl;
  std::string approval_group;  // empty = waits for nobody
  Reason observed = Reason::kNone;
  std::string observed_policy;
};

struct NaiveUse {
  bool allowed = false;
  bool not_enforced = false;
  Reason reason = Reason::kNone;
  bool visible = false;
  std::string policy;
  std::string rule;
  std::string action;
  std::vector<std::string> limits;  // "policy limits[0]"
};

// What a use is about. A tool's arguments by their name in the pointer "/name"; numbers and truth
// values are in their shortest form already.
struct NaiveQuery {
  DecisionSubject subject;
  std::string target, method, path, tool;
  std::map<std::string, std::string> arguments;
  bool is_read = false;
};

// What CompiledPolicies should say. The set is one that compiles, paths are canonical or contain
// "..", methods are known, time zones are of a fixed distance, "UTC" or "Etc/GMT-2".
NaiveLease NaiveDecideLease(const v1::PolicySet& set, const DecisionSubject& subject,
                            Delivery delivery);
NaiveUse NaiveDecideUse(const v1::PolicySet& set, const NaiveQuery& query);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_POLICY_NAIVE_POLICIES_H_
