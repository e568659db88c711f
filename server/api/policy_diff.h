#ifndef LEASEHOLD_SERVER_API_POLICY_DIFF_H_
#define LEASEHOLD_SERVER_API_POLICY_DIFF_H_

#include <string>
#include <vector>

#include "leasehold/v1/policy.pb.h"

namespace leasehold {

// What applying a set would do, by names of policies in order of name.
struct PolicyDiff {
  std::vector<std::string> added;
  std::vector<std::string> changed;
  std::vector<std::string> removed;
};

PolicyDiff DiffPolicies(const v1::PolicySet& before, const v1::PolicySet& after);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_POLICY_DIFF_H_
