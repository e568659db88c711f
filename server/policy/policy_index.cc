#include "server/policy/policy_index.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "absl/container/flat_hash_map.h"

namespace leasehold {
namespace {

using Keys = std::vector<PatternKey>;

void AddKeys(std::string_view pattern, Keys* keys) {
  for (PatternKey& key : PatternKey::Of(pattern)) keys->push_back(std::move(key));
}

void MakeDistinct(Keys* keys) {
  std::sort(keys->begin(), keys->end());
  keys->erase(std::unique(keys->begin(), keys->end()), keys->end());
}

Keys KeysOf(const std::vector<NamePattern>& patterns) {
  Keys keys;
  for (const NamePattern& pattern : patterns) AddKeys(pattern.value(), &keys);
  MakeDistinct(&keys);
  return keys;
}

Keys GlobKeysOf(const std::vector<std::string>& globs) {
  Keys keys;
  for (const std::string& glob : globs) AddKeys(glob, &keys);
  MakeDistinct(&keys);
  return keys;
}

// Names without wildcards, sorted and distinct already.
Keys NameKeysOf(const std::vector<std::string>& names) {
  Keys keys;
  for (const std::string& name : names) keys.push_back({name, true});
  return keys;
}

// What a block could be filed under. One of the lists of a way covers the subject, so the block is
// filed under all of them.
enum Way { kSecrets, kAgents, kUsers, kWorkflows, kWays };
enum List { kOfSecrets, kOfAgents, kOfGroups, kOfUsers, kOfUserGroups, kOfWorkflows, kLists };
constexpr std::array<std::pair<Way, List>, kLists> kListsOfWays = {{{kSecrets, kOfSecrets},
                                                                    {kAgents, kOfAgents},
                                                                    {kAgents, kOfGroups},
                                                                    {kUsers, kOfUsers},
                                                                    {kUsers, kOfUserGroups},
                                                                    {kWorkflows, kOfWorkflows}}};

struct BlockKeys {
  explicit BlockKeys(const CompiledPolicy& policy) {
    lists[kOfSecrets] = KeysOf(policy.secrets);
    lists[kOfAgents] = KeysOf(policy.agents);
    lists[kOfGroups] = NameKeysOf(policy.groups);
    if (policy.on_behalf_of.has_value()) {
      lists[kOfUsers] = GlobKeysOf(policy.on_behalf_of->users);
      lists[kOfUserGroups] = NameKeysOf(policy.on_behalf_of->groups);
    }
    lists[kOfWorkflows] = KeysOf(policy.workflows);
  }
  bool Has(Way way) const {
    return std::any_of(kListsOfWays.begin(), kListsOfWays.end(), [&](const auto& each) {
      return each.first == way && !lists[each.second].empty();
    });
  }
  std::array<Keys, kLists> lists;
};

// How many blocks have a key.
using Counts = absl::flat_hash_map<std::string, size_t>;

std::string CountedAs(const PatternKey& key) { return (key.whole ? "=" : "<") + key.text; }

// Policies of one effect that ask for the same, in the order of their first.
std::vector<PolicyBlock> MakeBlocks(std::span<const CompiledPolicy> policies, bool deny) {
  std::vector<PolicyBlock> blocks;
  absl::flat_hash_map<Hash, size_t> by_conditions;
  for (uint32_t place = 0; place < policies.size(); ++place) {
    if (policies[place].deny != deny) continue;
    const auto [at, fresh] = by_conditions.try_emplace(policies[place].conditions, blocks.size());
    if (fresh) blocks.emplace_back(policies);
    blocks[at->second].Add(place);
  }
  for (PolicyBlock& block : blocks) block.Finish();
  return blocks;
}

}  // namespace

PolicyIndex::PolicyIndex(std::span<const CompiledPolicy> policies, bool deny)
    : blocks_(MakeBlocks(policies, deny)) {
  std::vector<BlockKeys> keys;
  keys.reserve(blocks_.size());
  std::array<Counts, kLists> counts;
  for (const PolicyBlock& block : blocks_) {
    keys.emplace_back(block.first());
    for (size_t list = 0; list < kLists; ++list) {
      for (const PatternKey& key : keys.back().lists[list]) ++counts[list][CountedAs(key)];
    }
  }
  const std::array<Places*, kLists> places = {&secrets_, &agents_,      &groups_,
                                              &users_,   &user_groups_, &workflows_};
  for (uint32_t number = 0; number < blocks_.size(); ++number) {
    const BlockKeys& block = keys[number];
    // The way on which the most crowded key is the least crowded.
    std::optional<std::pair<size_t, Way>> best;
    for (int way = 0; way < kWays; ++way) {
      if (!block.Has(static_cast<Way>(way))) continue;
      size_t crowd = 0;
      for (const auto& [of_way, list] : kListsOfWays) {
        if (of_way != way) continue;
        for (const PatternKey& key : block.lists[list]) {
          crowd = std::max(crowd, counts[list].at(CountedAs(key)));
        }
      }
      if (!best.has_value() || crowd < best->first) best = {crowd, static_cast<Way>(way)};
    }
    for (const auto& [of_way, list] : kListsOfWays) {
      if (of_way != best->second) continue;
      for (const PatternKey& key : block.lists[list]) places[list]->Add(key, number);
    }
  }
}

}  // namespace leasehold
