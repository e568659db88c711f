#include "server/replay/unused_grants.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

class Grants {
 public:
  explicit Grants(const AgentUsage& usage) : usage_(usage) {}

  void AddPolicy(const CompiledPolicy& policy);
  std::vector<v1::UnusedGrant> list;

 private:
  void AddNames(const CompiledPolicy& policy, const PolicyUsage& used);
  void AddRule(const CompiledPolicy& policy, const CompiledRule& rule, const RuleUsage& used);
  void AddPaths(const CompiledPolicy& policy, const CompiledRule& rule, const RuleUsage& used);
  void Add(const CompiledPolicy& policy, std::string key, std::string what) {
    if (list.size() >= kUnusedGrantsMax) return;
    v1::UnusedGrant& grant = list.emplace_back();
    grant.set_policy(policy.name);
    grant.set_key(std::move(key));
    grant.set_what(std::move(what));
  }

  const AgentUsage& usage_;
};

void Grants::AddPolicy(const CompiledPolicy& policy) {
  const auto found = usage_.policies.find(policy.name);
  if (found == usage_.policies.end()) return Add(policy, "", "the whole policy");
  const PolicyUsage& used = found->second;
  AddNames(policy, used);
  SecretUsage all;
  for (const auto& [place, secret] : used.secrets) all.Add(secret);
  if (policy.delivery == Delivery::kRevealed && !all.revealed) {
    Add(policy, "lease.delivery", "revealed");
  }
  for (size_t i = 0; i < policy.allow.size(); ++i) {
    const CompiledRule& rule = policy.allow[i];
    const auto rule_used = all.rules.find(i);
    if (rule_used == all.rules.end()) {
      Add(policy, rule.name, StrCat("target ", rule.target));
    } else {
      AddRule(policy, rule, rule_used->second);
    }
  }
}

void Grants::AddNames(const CompiledPolicy& policy, const PolicyUsage& used) {
  for (const std::string& name : usage_.all_secrets) {
    const bool granted =
        std::any_of(policy.secrets.begin(), policy.secrets.end(),
                    [&](const NamePattern& pattern) { return pattern.Matches(name); });
    const auto first = used.secrets.lower_bound({name, ""});
    const bool taken = first != used.secrets.end() && first->first.first == name;
    if (granted && !taken) Add(policy, "secrets", name);
  }
  for (const NamePattern& pattern : policy.workflows) {
    const bool taken = std::any_of(used.secrets.begin(), used.secrets.end(), [&](const auto& each) {
      return pattern.Matches(each.first.second);
    });
    if (!taken) Add(policy, "workflows", pattern.value());
  }
}

void Grants::AddRule(const CompiledPolicy& policy, const CompiledRule& rule,
                     const RuleUsage& used) {
  const bool writes =
      std::any_of(used.methods.begin(), used.methods.end(),
                  [](const auto& method) { return method.second.writes; }) ||
      std::any_of(used.tools.begin(), used.tools.end(), [](const auto& t) { return t.second; });
  if (!rule.reads_only && !writes) Add(policy, StrCat(rule.name, ".access"), "writes");
  for (const std::string& method : rule.methods) {
    if (!used.methods.contains(method)) Add(policy, StrCat(rule.name, ".methods"), method);
  }
  AddPaths(policy, rule, used);
  for (size_t i = 0; i < rule.tools.size(); ++i) {
    const auto first = used.tools.lower_bound({i, ""});
    if (first == used.tools.end() || first->first.first != i) {
      Add(policy, StrCat(rule.name, ".tools"), rule.tools[i].name);
    }
  }
}

void Grants::AddPaths(const CompiledPolicy& policy, const CompiledRule& rule,
                      const RuleUsage& used) {
  std::vector<bool> taken(rule.paths.size());
  for (const auto& [name, method] : used.methods) {
    for (const std::string& path : method.paths) {
      const auto recorded = PathPattern::Parse(path, "a path");
      for (size_t i = 0; i < rule.paths.size(); ++i) {
        taken[i] = taken[i] || (recorded.ok() ? rule.paths[i].Contains(*recorded)
                                              : rule.paths[i].Matches(path));
      }
    }
  }
  for (size_t i = 0; i < rule.paths.size(); ++i) {
    if (!taken[i]) Add(policy, StrCat(rule.name, ".paths"), rule.paths[i].value());
  }
}

}  // namespace

std::vector<v1::UnusedGrant> UnusedGrants(const AgentUsage& usage,
                                          const CompiledPolicies& in_force) {
  Grants grants(usage);
  for (const CompiledPolicy& policy : in_force.policies()) {
    if (!policy.deny && usage.IsAbout(policy)) grants.AddPolicy(policy);
  }
  return std::move(grants.list);
}

}  // namespace leasehold
