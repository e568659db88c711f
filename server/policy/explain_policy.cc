#include "server/policy/explain_policy.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "leasehold/v1/policy.pb.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// Entries of a list that are shown: enough to recognise it, and a set of ten thousand policies
// with lists of hundreds is still an answer that can be sent.
constexpr size_t kEntriesShown = 4;

std::string_view TextOf(const std::string& entry) { return entry; }
std::string_view TextOf(std::string_view entry) { return entry; }
template <typename Pattern>
std::string_view TextOf(const Pattern& pattern) requires requires {
  pattern.value();
}
{ return pattern.value(); }

// "a, b and 3 more".
template <typename List>
std::string Listed(const List& list) {
  if (list.empty()) return "none";
  std::string text;
  const size_t shown = std::min<size_t>(list.size(), kEntriesShown);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0) text += ", ";
    text += TextOf(list[i]);
  }
  if (shown < list.size()) text += StrCat(" and ", list.size() - shown, " more");
  return text;
}

std::string SubjectsDetail(const CompiledPolicy& policy, const DecisionSubject& subject) {
  std::string about;
  if (!policy.agents.empty()) about = StrCat("agents ", Listed(policy.agents));
  if (!policy.groups.empty()) {
    about += StrCat(about.empty() ? "" : ", ", "groups ", Listed(policy.groups));
  }
  return StrCat("agent ", subject.agent, ", in groups ", Listed(subject.groups),
                "; the policy is about ", about);
}

std::string OnBehalfOfDetail(const CompiledOnBehalfOf& users, const DecisionSubject& subject) {
  std::string about;
  if (!users.users.empty()) about = StrCat("users ", Listed(users.users));
  if (!users.groups.empty()) {
    about += StrCat(about.empty() ? "" : ", ", "groups of users ", Listed(users.groups));
  }
  const std::string who = subject.user.empty()
                              ? std::string("nobody's")
                              : StrCat(subject.user, "'s, in groups ", Listed(subject.user_groups));
  return StrCat("on behalf: ", who, "; the policy asks for ", about);
}

// One condition on whether a policy is about a subject.
struct Cover {
  CoverStage stage;
  std::string_view key;
  bool asked;  // whether the policy has it
  std::string detail;
};

// In the order in which they are tried.
std::vector<Cover> CoversOf(const CompiledPolicy& policy, const DecisionSubject& subject) {
  std::vector<Cover> covers = {
      {CoverStage::kSecrets, "secrets", true,
       StrCat("secret ", subject.secret, "; the policy names ", Listed(policy.secrets))},
      {CoverStage::kSubjects, "subjects", true, SubjectsDetail(policy, subject)},
      {CoverStage::kOnBehalfOf, "subjects.on_behalf_of", policy.on_behalf_of.has_value(),
       policy.on_behalf_of.has_value() ? OnBehalfOfDetail(*policy.on_behalf_of, subject)
                                       : std::string()},
      {CoverStage::kWorkflows, "workflows", !policy.workflows.empty(),
       StrCat("workflow ", subject.workflow, "; the policy names ", Listed(policy.workflows))},
      {CoverStage::kWhen, "when", !policy.when.empty(),
       StrCat(absl::FormatTime("%a %Y-%m-%d %H:%M UTC", subject.time, absl::UTCTimeZone()),
              "; the policy has ", policy.when.size(),
              policy.when.size() == 1 ? " window" : " windows")}};
  std::sort(covers.begin(), covers.end(),
            [](const Cover& a, const Cover& b) { return a.stage < b.stage; });
  return covers;
}

class Conditions {
 public:
  explicit Conditions(v1::PolicyExplanation* out) : out_(out) {}
  void Add(std::string_view key, bool matched, std::string detail) {
    v1::ConditionResult* condition = out_->add_conditions();
    condition->set_key(std::string(key));
    condition->set_matched(matched);
    condition->set_detail(std::move(detail));
  }

 private:
  v1::PolicyExplanation* out_;
};

std::vector<std::string_view> NamesOf(const std::vector<CompiledTool>& tools) {
  std::vector<std::string_view> names;
  for (const CompiledTool& tool : tools) names.push_back(tool.name);
  return names;
}

// One condition of a rule.
struct RuleCondition {
  Stage stage;
  std::string_view key;
  bool asked;  // whether the rule has it; one that fails is told anyway
  std::string detail;
};

std::vector<RuleCondition> ConditionsOfCall(const CompiledRule& rule, const UseQuery& use) {
  const std::string_view access = use.is_read ? "the call is a read" : "the call is a write";
  return {{Stage::kPath, "tools", true,
           StrCat("tool ", use.tool, "; the rule names ", Listed(NamesOf(rule.tools)))},
          {Stage::kMethod, "tools.args", true,
           use.arguments == nullptr ? "the call has no arguments"
                                    : "the rule's conditions on the call's arguments"},
          {Stage::kAccess, "access", rule.reads_only,
           StrCat(access, rule.reads_only ? "; the rule allows reads only" : "")}};
}

std::vector<RuleCondition> ConditionsOfRequest(const CompiledRule& rule, const UseFacts& facts) {
  const UseQuery& use = facts.query;
  const std::string_view access = use.is_read ? "the use is a read" : "the use is a write";
  return {
      {Stage::kPath, "paths", !rule.paths.empty(),
       !facts.canonical_path ? StrCat("the path ", PathOffence(use.path))
                             : StrCat("path ", use.path, "; the rule names ",
                                      rule.paths.empty() ? "every path" : Listed(rule.paths))},
      {Stage::kMethod, "methods", !rule.methods.empty(),
       !facts.usable_method ? StrCat("no policy allows the method ", use.method)
                            : StrCat("method ", use.method, "; the rule names ",
                                     rule.methods.empty() ? "every method" : Listed(rule.methods))},
      {Stage::kAccess, "access", rule.reads_only,
       StrCat(access, rule.reads_only ? "; the rule allows reads only" : "")}};
}

void ExplainRule(const CompiledRule& rule, const UseFacts& facts, Conditions* out) {
  const UseQuery& use = facts.query;
  const Stage reached = TryRule(rule, facts).stage;
  const auto key = [&](std::string_view suffix) { return StrCat(rule.name, ".", suffix); };
  out->Add(key("target"), reached > Stage::kTarget,
           StrCat("target ", use.target, "; the rule is about ", rule.target));
  if (reached <= Stage::kTarget) return;
  if (reached == Stage::kKind) {
    out->Add(key("tools"), false,
             facts.tool_call ? "the rule is about no calls of tools"
                             : "the rule is about calls of tools alone");
    return;
  }
  for (const RuleCondition& condition :
       facts.tool_call ? ConditionsOfCall(rule, use) : ConditionsOfRequest(rule, facts)) {
    const bool fails = reached == condition.stage;
    if (fails || condition.asked) out->Add(key(condition.key), !fails, condition.detail);
    if (fails) return;
  }
}

void ExplainAllow(const CompiledPolicy& policy, const ExplainedQuestion& question,
                  Conditions* out) {
  const bool reveals = policy.delivery == Delivery::kRevealed;
  if (question.delivery == Delivery::kRevealed) {
    out->Add("lease.delivery", reveals,
             reveals ? "the policy allows revealing" : "the policy allows brokered delivery only");
  }
  if (policy.approval.has_value()) {
    const bool lacks = policy.LacksApproval(question.use.subject);
    out->Add("approval", !lacks,
             StrCat(policy.approval->approvers, " of group ", policy.approval->group,
                    lacks ? " must agree first" : " are taken to have agreed"));
    if (lacks) return;
  }
  if (question.use.target.empty()) return;
  if (policy.allow.empty()) out->Add("allow", false, "the policy allows no use");
  const UseFacts facts(question.use);
  for (const CompiledRule& rule : policy.allow) ExplainRule(rule, facts, out);
}

}  // namespace

void ExplainPolicy(const CompiledPolicy& policy, const ExplainedQuestion& question,
                   v1::PolicyExplanation* out) {
  const DecisionSubject& subject = question.use.subject;
  const CoverStage reached = TryCover(policy, subject);
  out->set_policy(policy.name);
  out->set_effect(policy.deny ? v1::EFFECT_DENY : v1::EFFECT_ALLOW);
  out->set_observed(policy.ObservedAt(subject.time));
  out->set_covers(reached == CoverStage::kCovers);
  Conditions conditions(out);
  for (const Cover& cover : CoversOf(policy, subject)) {
    const bool fails = reached == cover.stage;
    if (fails || cover.asked) conditions.Add(cover.key, !fails, cover.detail);
    if (fails) return;
  }
  if (!policy.deny) ExplainAllow(policy, question, &conditions);
}

}  // namespace leasehold
