#ifndef LEASEHOLD_SERVER_API_POLICY_DIFF_H_
#define LEASEHOLD_SERVER_API_POLICY_DIFF_H_

#include <string>
#include <vector>

#include "leasehold/v1/policy.pb.h"

namespace leasehold {

// A policy that is in both sets, and which of its keys differ, in the order of the file's keys:
// "lease.ttl", "allow[0].paths", "limits[1]" where that item is new or gone. More than twenty end
// in "...".
struct PolicyKeyChanges {
  std::string policy;
  std::vector<std::string> keys;
};

// What applying a set would do, by names of policies in order of name.
struct PolicyDiff {
  std::vector<std::string> added;
  std::vector<PolicyKeyChanges> changed;
  std::vector<std::string> removed;
};

PolicyDiff DiffPolicies(const v1::PolicySet& before, const v1::PolicySet& after);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_POLICY_DIFF_H_
