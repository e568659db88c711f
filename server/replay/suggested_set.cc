#include "server/replay/suggested_set.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "server/base/glob.h"
#include "server/base/name.h"
#include "server/base/str_cat.h"
#include "server/policy/policy_limits.h"
#include "server/replay/suggested_paths.h"

namespace leasehold {
namespace {

using Names = std::set<std::string>;
using NameList = google::protobuf::RepeatedPtrField<std::string>;

// One policy to be.
struct Part {
  Names secrets;
  Names workflows;
  SecretUsage usage;
};

// Secrets and workflows that were used alike, together.
std::vector<Part> Split(const PolicyUsage& usage) {
  std::map<std::pair<std::string, SecretUsage>, Names> workflows;
  for (const auto& [place, secret] : usage.secrets) {
    workflows[{place.first, secret}].insert(place.second);
  }
  std::map<std::pair<Names, SecretUsage>, Names> secrets;
  for (const auto& [key, names] : workflows) secrets[{names, key.second}].insert(key.first);
  std::vector<Part> parts;
  for (const auto& [key, names] : secrets) parts.push_back({names, key.first, key.second});
  std::sort(parts.begin(), parts.end(), [](const Part& a, const Part& b) {
    return std::tie(a.secrets, a.workflows) < std::tie(b.secrets, b.workflows);
  });
  return parts;
}

std::vector<Part> Together(const PolicyUsage& usage) {
  Part part;
  for (const auto& [place, secret] : usage.secrets) {
    part.secrets.insert(place.first);
    part.workflows.insert(place.second);
    part.usage.Add(secret);
  }
  return {std::move(part)};
}

// Leaves the list of the policy where there are too many.
void Narrow(const Names& used, NameList* list) {
  if (used.size() <= kListEntriesMax) list->Assign(used.begin(), used.end());
}

void NarrowUsers(const Names& users, v1::Subjects* subjects) {
  if (!subjects->has_on_behalf_of() || users.size() > kListEntriesMax) return;
  v1::OnBehalfOf& on_behalf_of = *subjects->mutable_on_behalf_of();
  // A membership may end, and a '*' of a user's own would be taken for a pattern.
  const bool by_name = std::all_of(users.begin(), users.end(), [&](const std::string& user) {
    return user.size() <= kUserPatternBytesMax && user.find('*') == std::string::npos &&
           std::any_of(on_behalf_of.users().begin(), on_behalf_of.users().end(),
                       [&](const std::string& glob) { return GlobMatches(glob, user); });
  });
  if (users.empty() || !by_name) return;
  on_behalf_of.clear_groups();
  Narrow(users, on_behalf_of.mutable_users());
}

void AddHttpRules(const RuleUsage& usage, const CompiledRule& rule, v1::Policy* out) {
  std::map<std::pair<bool, std::vector<std::string>>, std::vector<std::string>> methods;
  for (const auto& [name, method] : usage.methods) {
    methods[{method.writes, SuggestedPaths(method.paths, rule)}].push_back(name);
  }
  for (const auto& [key, names] : methods) {
    v1::AllowRule& allow = *out->add_allow();
    allow.set_target(rule.target);
    if (!key.first) allow.set_access(v1::ACCESS_READ);
    allow.mutable_methods()->Assign(names.begin(), names.end());
    allow.mutable_paths()->Assign(key.second.begin(), key.second.end());
  }
}

void AddToolRules(const RuleUsage& usage, const v1::AllowRule& sent, v1::Policy* out) {
  for (const bool writes : {false, true}) {
    v1::AllowRule allow;
    allow.set_target(sent.target());
    if (!writes) allow.set_access(v1::ACCESS_READ);
    for (const auto& [tool, wrote] : usage.tools) {
      if (wrote != writes) continue;
      v1::ToolRule& named = *allow.add_tools();
      named = sent.tools(static_cast<int>(tool.first));
      named.set_name(tool.second);
    }
    if (!allow.tools().empty()) *out->add_allow() = std::move(allow);
  }
}

class Suggestion {
 public:
  Suggestion(const AgentUsage& usage, const v1::PolicySet& sent) : usage_(usage) {
    for (const v1::Policy& policy : sent.policies()) taken_.insert(policy.name());
  }

  void AddPolicy(const CompiledPolicy& policy, const v1::Policy& sent, const PolicyUsage& usage);
  v1::PolicySet set;

 private:
  std::string NameFor(const std::string& policy);

  const AgentUsage& usage_;
  Names taken_;
};

std::string Suggestion::NameFor(const std::string& policy) {
  std::string base = StrCat(usage_.agent, "/", policy);
  // Leaves room for a number.
  if (!Name::Parse(StrCat(base, "-10000"), "policy").ok()) base = "suggested";
  std::string name = base;
  for (int number = 2; !taken_.insert(name).second; ++number) name = StrCat(base, "-", number);
  return name;
}

void Suggestion::AddPolicy(const CompiledPolicy& policy, const v1::Policy& sent,
                           const PolicyUsage& usage) {
  const bool whole =
      policy.approval.has_value() || !policy.limits.empty() || policy.max_active != 0;
  for (const Part& part : whole ? Together(usage) : Split(usage)) {
    v1::Policy& out = *set.add_policies();
    out = sent;
    out.clear_allow();
    if (!policy.approval.has_value()) out.set_name(NameFor(sent.name()));
    out.mutable_subjects()->clear_groups();
    out.mutable_subjects()->clear_agents();
    out.mutable_subjects()->add_agents(usage_.agent);
    NarrowUsers(usage.users, out.mutable_subjects());
    Narrow(part.secrets, out.mutable_secrets());
    Narrow(part.workflows, out.mutable_workflows());
    out.mutable_lease()->set_delivery(part.usage.revealed ? v1::DELIVERY_REVEALED
                                                          : v1::DELIVERY_BROKERED);
    for (const auto& [place, rule] : part.usage.rules) {
      AddHttpRules(rule, policy.allow[place], &out);
      AddToolRules(rule, sent.allow(static_cast<int>(place)), &out);
    }
  }
}

}  // namespace

v1::PolicySet SuggestedSet(const AgentUsage& usage, const CompiledPolicies& in_force,
                           const v1::PolicySet& sent) {
  Suggestion suggestion(usage, sent);
  for (int i = 0; i < sent.policies_size(); ++i) {
    const CompiledPolicy& policy = in_force.policies()[static_cast<size_t>(i)];
    const auto used = usage.policies.find(policy.name);
    if (policy.deny) {
      *suggestion.set.add_policies() = sent.policies(i);
    } else if (used != usage.policies.end() && usage.IsAbout(policy)) {
      suggestion.AddPolicy(policy, sent.policies(i), used->second);
    }
  }
  return std::move(suggestion.set);
}

}  // namespace leasehold
