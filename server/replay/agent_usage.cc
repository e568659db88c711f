#include "server/replay/agent_usage.h"

#include <algorithm>

#include "server/replay/recorded_action.h"
#include "server/replay/replay_judge.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;
using Verdict = ReplayOutcome::Verdict;

class UsageReader {
 public:
  UsageReader(Store& store, const PublishedState& published, const CompiledPolicies& policies,
              EntityUid agent)
      : agent_(agent), scan_(store, published), texts_(published), judge_(policies, scan_, texts_) {
    for (const CompiledPolicy& policy : policies.policies()) {
      by_name_[policy.name] = &policy;
    }
  }

  absl::StatusOr<AgentUsage> Read(absl::Time start, const std::function<bool()>& go_on);

 private:
  void Visit(const ReplayedEntry& entry);
  void VisitUse(const ReplayedEntry& entry);
  void VisitTool(const ReplayedEntry& entry, std::string_view text);
  // Where an entry is kept.
  PolicyUsage& PolicyOf(const ReplayedEntry& entry, std::string_view policy);
  SecretUsage& SecretOf(const ReplayedEntry& entry, PolicyUsage& usage);
  void AddRuleUse(const ReplayedEntry& entry, const ReplayOutcome& outcome);
  std::string NameOf(EntityUid uid) const {
    const Entity* entity = scan_.entities().Find(uid);
    return entity == nullptr ? std::string() : entity->name;
  }
  // Whether there is room for one more kind of use, where `added` says that it is one.
  void CountKind(bool added) { kinds_ += added ? 1 : 0; }
  bool full() const { return kinds_ >= kUsageKindsMax; }

  const EntityUid agent_;
  DecisionScan scan_;
  ReplayTexts texts_;
  ReplayJudge judge_;
  std::map<std::string_view, const CompiledPolicy*> by_name_;
  AgentUsage usage_;
  size_t kinds_ = 0;
};

// "allow[3]" is 3.
size_t PlaceOf(const CompiledPolicy& policy, std::string_view rule) {
  const auto found = std::find_if(policy.allow.begin(), policy.allow.end(),
                                  [&](const CompiledRule& each) { return each.name == rule; });
  return static_cast<size_t>(found - policy.allow.begin());
}

absl::StatusOr<AgentUsage> UsageReader::Read(absl::Time start, const std::function<bool()>& go_on) {
  const absl::Status status =
      scan_.Run({.start = start}, go_on, [this](const ReplayedEntry& entry) {
        Visit(entry);
        return absl::OkStatus();
      });
  if (!status.ok()) return status;
  usage_.agent = NameOf(agent_);
  const auto& groups = scan_.entities().GroupsOf(agent_);
  usage_.groups.assign(groups.begin(), groups.end());
  for (const auto& entity : scan_.entities().all()) {
    if (entity->kind != EntityKind::kSecret || entity->deleted) continue;
    usage_.all_secrets.push_back(entity->name);
  }
  return std::move(usage_);
}

void UsageReader::Visit(const ReplayedEntry& entry) {
  if (entry.lease == nullptr || entry.lease->chain.back().agent != agent_) return;
  if (entry.entry.kind_case() == Entry::kUse) return VisitUse(entry);
  const ReplayOutcome outcome = judge_.LeaseIssued(entry);
  if (outcome.verdict != Verdict::kAllowed || full()) return;
  SecretUsage& secret = SecretOf(entry, PolicyOf(entry, outcome.policy));
  secret.revealed = secret.revealed || entry.lease->delivery == Delivery::kRevealed;
}

void UsageReader::VisitUse(const ReplayedEntry& entry) {
  const ledger::v1::Use& use = entry.entry.use();
  if (use.verdict() != ledger::v1::VERDICT_ALLOWED) {
    // What happened all the same is a use too, of something that is not allowed.
    usage_.left_out += use.not_enforced() ? 1 : 0;
    return;
  }
  const std::string& text = texts_.Get(TextId(use.action()));
  if (use.target() != 0 && text.starts_with(kToolAction) &&
      text.substr(kToolAction.size(), 1) == " ") {
    return VisitTool(entry, std::string_view(text).substr(kToolAction.size() + 1));
  }
  const ReplayOutcome outcome = judge_.Use(entry);
  if (outcome.verdict != Verdict::kAllowed || outcome.not_enforced || full()) {
    ++usage_.left_out;
    return;
  }
  AddRuleUse(entry, outcome);
}

void UsageReader::AddRuleUse(const ReplayedEntry& entry, const ReplayOutcome& outcome) {
  const ledger::v1::Use& use = entry.entry.use();
  PolicyUsage& policy = PolicyOf(entry, outcome.policy);
  ++policy.uses;
  SecretUsage& secret = SecretOf(entry, policy);
  if (use.target() == 0) {
    secret.revealed = true;
    return;
  }
  const RecordedAction action = ParseRecordedAction(texts_.Get(TextId(use.action())));
  const bool exact = action.kind == RecordedAction::Kind::kPath;
  policy.without_path += exact ? 0 : 1;
  RuleUsage& rule = secret.rules[PlaceOf(*by_name_.at(outcome.policy), outcome.rule)];
  MethodUsage& method = rule.methods[action.method];
  method.writes = method.writes || use.write();
  CountKind(method.paths.insert(exact ? action.path : action.pattern->value()).second);
}

// The arguments of a call are not in the ledger, so it may rest on any rule about the tool: all of
// them are kept, with what they ask of arguments.
void UsageReader::VisitTool(const ReplayedEntry& entry, std::string_view text) {
  const ledger::v1::Use& use = entry.entry.use();
  const std::string target = NameOf(EntityUid(use.target()));
  bool counted = false;
  const auto visit = [&](const CompiledPolicy& allowing) {
    for (size_t place = 0; place < allowing.allow.size(); ++place) {
      const CompiledRule& rule = allowing.allow[place];
      if (rule.target != target || (rule.reads_only && use.write())) continue;
      for (size_t tool = 0; tool < rule.tools.size(); ++tool) {
        // Of a pattern that is recorded, a '*' that is taken as a character stands for all.
        if (!rule.tools[tool].NameMatches(text)) continue;
        PolicyUsage& policy = PolicyOf(entry, allowing.name);
        policy.uses += counted ? 0 : 1;
        counted = true;
        bool& writes = SecretOf(entry, policy).rules[place].tools[{tool, std::string(text)}];
        writes = writes || use.write();
      }
    }
  };
  if (!full()) judge_.VisitAllowing(entry, visit);
  usage_.left_out += counted ? 0 : 1;
}

PolicyUsage& UsageReader::PolicyOf(const ReplayedEntry& entry, std::string_view policy) {
  PolicyUsage& usage = usage_.policies[std::string(policy)];
  const std::string& user = texts_.Get(entry.lease->chain.back().user);
  if (!user.empty()) CountKind(usage.users.insert(user).second);
  return usage;
}

SecretUsage& UsageReader::SecretOf(const ReplayedEntry& entry, PolicyUsage& usage) {
  const auto [it, added] = usage.secrets.try_emplace(
      {NameOf(entry.lease->secret), texts_.Get(entry.lease->chain.back().workflow)});
  CountKind(added);
  return it->second;
}

}  // namespace

void SecretUsage::Add(const SecretUsage& other) {
  revealed = revealed || other.revealed;
  for (const auto& [place, rule] : other.rules) {
    for (const auto& [name, method] : rule.methods) {
      MethodUsage& mine = rules[place].methods[name];
      mine.writes = mine.writes || method.writes;
      mine.paths.insert(method.paths.begin(), method.paths.end());
    }
    for (const auto& [tool, writes] : rule.tools) {
      bool& mine = rules[place].tools[tool];
      mine = mine || writes;
    }
  }
}

bool AgentUsage::IsAbout(const CompiledPolicy& policy) const {
  return std::any_of(policy.agents.begin(), policy.agents.end(),
                     [&](const NamePattern& pattern) { return pattern.Matches(agent); }) ||
         std::any_of(groups.begin(), groups.end(), [&](const std::string& group) {
           return std::binary_search(policy.groups.begin(), policy.groups.end(), group);
         });
}

absl::StatusOr<AgentUsage> ReadAgentUsage(Store& store, const PublishedState& published,
                                          const CompiledPolicies& policies, EntityUid uid,
                                          absl::Time start, const std::function<bool()>& go_on) {
  return UsageReader(store, published, policies, uid).Read(start, go_on);
}

}  // namespace leasehold
