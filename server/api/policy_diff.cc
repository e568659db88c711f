#include "server/api/policy_diff.h"

#include <map>

#include "server/api/request_checks.h"

namespace leasehold {
namespace {

std::map<std::string, std::string> BytesByName(const v1::PolicySet& set) {
  std::map<std::string, std::string> bytes;
  for (const v1::Policy& policy : set.policies()) {
    bytes[policy.name()] = DeterministicBytes(policy);
  }
  return bytes;
}

}  // namespace

PolicyDiff DiffPolicies(const v1::PolicySet& before, const v1::PolicySet& after) {
  PolicyDiff diff;
  std::map<std::string, std::string> old_bytes = BytesByName(before);
  for (const auto& [name, bytes] : BytesByName(after)) {
    auto old = old_bytes.find(name);
    if (old == old_bytes.end()) {
      diff.added.push_back(name);
    } else {
      if (old->second != bytes) {
        diff.changed.push_back(name);
      }
      old_bytes.erase(old);
    }
  }
  for (const auto& [name, bytes] : old_bytes) {
    diff.removed.push_back(name);
  }
  return diff;
}

}  // namespace leasehold
