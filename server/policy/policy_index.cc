#include "server/policy/policy_index.h"

#include <algorithm>

namespace leasehold {
namespace {

// The whole segments at the front of `pattern` that have no wildcard, without the last '/'.
std::string LiteralPrefix(std::string_view pattern) {
  const size_t star = pattern.find('*');
  if (star == std::string_view::npos) return std::string(pattern);
  const size_t slash = pattern.substr(0, star).rfind('/');
  return std::string(pattern.substr(0, slash == std::string_view::npos ? 0 : slash));
}

std::vector<std::string> Distinct(std::vector<std::string> keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::vector<std::string> KeysOf(const std::vector<NamePattern>& patterns) {
  std::vector<std::string> keys;
  keys.reserve(patterns.size());
  for (const NamePattern& pattern : patterns) keys.push_back(LiteralPrefix(pattern.value()));
  return Distinct(std::move(keys));
}

// The keys of one policy, of each kind.
struct PolicyKeys {
  explicit PolicyKeys(const CompiledPolicy& policy)
      : agents(KeysOf(policy.agents)),
        groups(policy.groups),
        secrets(KeysOf(policy.secrets)),
        workflows(policy.workflows.empty() ? std::vector<std::string>{""}
                                           : KeysOf(policy.workflows)) {}
  std::vector<std::string> agents;
  std::vector<std::string> groups;
  std::vector<std::string> secrets;
  std::vector<std::string> workflows;
};

}  // namespace

void PolicyIndex::File(const std::vector<std::string>& keys, uint32_t place, Places* places) {
  for (const std::string& key : keys) {
    places->by_key[key].push_back(place);
    places->key_bytes_max = std::max(places->key_bytes_max, key.size());
  }
}

PolicyIndex::PolicyIndex(std::span<const CompiledPolicy> policies, bool deny) {
  Counts agents;
  Counts groups;
  Counts secrets;
  Counts workflows;
  const auto count = [](const std::vector<std::string>& keys, Counts* counts) {
    for (const std::string& key : keys) ++(*counts)[key];
  };
  for (const CompiledPolicy& policy : policies) {
    if (policy.deny != deny) continue;
    const PolicyKeys keys(policy);
    count(keys.agents, &agents);
    count(keys.groups, &groups);
    count(keys.secrets, &secrets);
    count(keys.workflows, &workflows);
  }
  // The most policies that one lookup by one of these keys would have to look at.
  const auto crowd = [](const std::vector<std::string>& keys, const Counts& counts) {
    size_t most = 0;
    for (const std::string& key : keys) most = std::max(most, counts.at(key));
    return most;
  };
  for (uint32_t place = 0; place < policies.size(); ++place) {
    if (policies[place].deny != deny) continue;
    const PolicyKeys keys(policies[place]);
    const size_t by_subject = std::max(crowd(keys.agents, agents), crowd(keys.groups, groups));
    const size_t by_secret = crowd(keys.secrets, secrets);
    const size_t by_workflow = crowd(keys.workflows, workflows);
    if (by_secret <= by_subject && by_secret <= by_workflow) {
      File(keys.secrets, place, &secrets_);
    } else if (by_subject <= by_workflow) {
      File(keys.agents, place, &agents_);
      File(keys.groups, place, &groups_);
    } else {
      File(keys.workflows, place, &workflows_);
    }
  }
}

}  // namespace leasehold
