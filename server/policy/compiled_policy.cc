#include "server/policy/compiled_policy.h"

#include <algorithm>
#include <functional>
#include <span>
#include <string_view>

#include "leasehold/v1/policy.pb.h"
#include "server/base/glob.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/http_methods.h"
#include "server/policy/message_checks.h"
#include "server/policy/policy_limits.h"
#include "server/policy/policy_sections.h"

namespace leasehold {
namespace {

using Strings = google::protobuf::RepeatedPtrField<std::string>;

absl::Status Refuse(std::string_view key, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(key, " ", offence));
}

absl::Status CheckCount(const Strings& list, std::string_view key, SetBudget* budget) {
  const auto count = static_cast<size_t>(list.size());
  if (count > kListEntriesMax) {
    return Refuse(key,
                  StrCat("has ", count, " entries; at most ", kListEntriesMax, " are allowed"));
  }
  budget->entries += count;
  return absl::OkStatus();
}

// Parses each entry of `list` with Pattern::Parse.
template <typename Pattern>
absl::Status CompilePatterns(const Strings& list, std::string_view key, SetBudget* budget,
                             std::vector<Pattern>* out) {
  RETURN_IF_ERROR(CheckCount(list, key, budget));
  out->reserve(static_cast<size_t>(list.size()));
  for (int i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(Pattern pattern, Pattern::Parse(list[i], StrCat(key, "[", i, "]")));
    out->push_back(std::move(pattern));
  }
  return absl::OkStatus();
}

// Names of groups, sorted and distinct.
absl::Status CompileGroups(const Strings& list, std::string_view key, SetBudget* budget,
                           std::vector<std::string>* out) {
  RETURN_IF_ERROR(CheckCount(list, key, budget));
  for (int i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(const Name group, Name::Parse(list[i], StrCat(key, "[", i, "]")));
    out->push_back(group.value());
  }
  std::sort(out->begin(), out->end());
  out->erase(std::unique(out->begin(), out->end()), out->end());
  return absl::OkStatus();
}

absl::Status CompileOnBehalfOf(const v1::OnBehalfOf& users, SetBudget* budget,
                               CompiledOnBehalfOf* out) {
  constexpr std::string_view kKey = "subjects.on_behalf_of";
  if (users.users().empty() && users.groups().empty()) {
    return Refuse(kKey, "is empty, so nobody could be meant; name users or groups of users");
  }
  RETURN_IF_ERROR(CheckCount(users.users(), StrCat(kKey, ".users"), budget));
  for (int i = 0; i < users.users_size(); ++i) {
    const std::string key = StrCat(kKey, ".users[", i, "]");
    ASSIGN_OR_RETURN(const Text user, Text::Parse(users.users(i), key));
    if (user.value().size() > kUserPatternBytesMax) {
      return Refuse(key, StrCat("has more than ", kUserPatternBytesMax, " bytes"));
    }
    out->users.push_back(user.value());
  }
  return CompileGroups(users.groups(), StrCat(kKey, ".groups"), budget, &out->groups);
}

absl::Status CompileSubjects(const v1::Policy& policy, SetBudget* budget, CompiledPolicy* out) {
  const v1::Subjects& subjects = policy.subjects();
  if (subjects.agents().empty() && subjects.groups().empty()) {
    return Refuse("subjects", "is empty, so the policy is about nobody; name agents or groups");
  }
  RETURN_IF_ERROR(CompilePatterns(subjects.agents(), "subjects.agents", budget, &out->agents));
  RETURN_IF_ERROR(CompileGroups(subjects.groups(), "subjects.groups", budget, &out->groups));
  if (subjects.has_on_behalf_of()) {
    return CompileOnBehalfOf(subjects.on_behalf_of(), budget, &out->on_behalf_of.emplace());
  }
  return absl::OkStatus();
}

absl::StatusOr<absl::Duration> CompileTtl(const google::protobuf::Duration& duration,
                                          absl::Duration max, std::string_view offence) {
  const std::optional<absl::Duration> ttl = ToDuration(duration);
  if (!ttl.has_value() || *ttl < kLeaseTtlMin || *ttl > max) {
    return Error(Reason::kInvalidArgument, offence);
  }
  return *ttl;
}

absl::Status CompileTerms(const v1::LeaseTerms& terms, CompiledPolicy* out) {
  static_assert(kLeaseTtlMin == absl::Seconds(1) && kLeaseTtlMax == absl::Hours(720) &&
                    kLeaseMaxTtlMax == absl::Hours(2160),
                "the sentences below say it");
  out->ttl = kLeaseTtlDefault;
  if (terms.has_ttl()) {
    ASSIGN_OR_RETURN(out->ttl,
                     CompileTtl(terms.ttl(), kLeaseTtlMax, "lease.ttl must be 1s to 30d"));
  }
  out->max_ttl = out->ttl;
  if (terms.has_max_ttl()) {
    ASSIGN_OR_RETURN(out->max_ttl, CompileTtl(terms.max_ttl(), kLeaseMaxTtlMax,
                                              "lease.max_ttl must be 1s to 90d"));
    if (!terms.has_ttl()) out->ttl = std::min(out->ttl, out->max_ttl);
    if (out->max_ttl < out->ttl) {
      return Refuse("lease.max_ttl", "is shorter than lease.ttl, which it must hold");
    }
  }
  if (terms.max_active() > kMaxActiveMax) {
    return Refuse("lease.max_active", StrCat("must be 1 to ", kMaxActiveMax, ", or left out"));
  }
  out->max_active = terms.max_active();
  switch (terms.binding()) {
    case v1::BINDING_UNSPECIFIED:
    case v1::BINDING_IDENTITY:
      out->binding = Binding::kIdentity;
      break;
    case v1::BINDING_CERTIFICATE:
      out->binding = Binding::kCertificate;
      break;
    case v1::BINDING_OS_USER:
      out->binding = Binding::kOsUser;
      break;
    default:
      return Refuse("lease.binding",
                    "is not known to this version; write identity, certificate or os_user");
  }
  switch (terms.delivery()) {
    case v1::DELIVERY_UNSPECIFIED:
    case v1::DELIVERY_BROKERED:
      out->delivery = Delivery::kBrokered;
      return absl::OkStatus();
    case v1::DELIVERY_REVEALED:
      out->delivery = Delivery::kRevealed;
      return absl::OkStatus();
    default:
      return Refuse("lease.delivery", "is not known to this version; write brokered or revealed");
  }
}

absl::Status CompileTools(const v1::AllowRule& rule, const std::string& key, SetBudget* budget,
                          CompiledRule* out) {
  const auto count = static_cast<size_t>(rule.tools_size());
  if (count > kListEntriesMax) {
    return Refuse(key,
                  StrCat("has ", count, " entries; at most ", kListEntriesMax, " are allowed"));
  }
  if (count > 0 && (!out->methods.empty() || !out->paths.empty())) {
    return Refuse(key, "stands beside methods or paths, which calls of tools do not have");
  }
  for (int i = 0; i < rule.tools_size(); ++i) {
    const v1::ToolRule& tool = rule.tools(i);
    ASSIGN_OR_RETURN(CompiledTool compiled,
                     CompiledTool::Compile(tool, StrCat(key, "[", i, "]"), &budget->expressions));
    out->tools.push_back(std::move(compiled));
    budget->entries += 1 + static_cast<size_t>(tool.args_size());
    for (const auto& [pointer, condition] : tool.args()) {
      budget->entries += static_cast<size_t>(condition.one_of_size());
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<CompiledRule> CompileRule(const v1::AllowRule& rule, int position,
                                         SetBudget* budget) {
  CompiledRule out;
  out.name = StrCat("allow[", position, "]");
  const auto key = [&out](std::string_view suffix) { return StrCat(out.name, ".", suffix); };
  if (rule.target().empty()) {
    return Refuse(key("target"), "is missing; a rule is about one target");
  }
  ASSIGN_OR_RETURN(const Name target, Name::Parse(rule.target(), key("target")));
  if (target.value().find('/') != std::string::npos) {
    return Refuse(key("target"), "has a '/'; write the target's id, without targets/");
  }
  out.target = target.value();
  switch (rule.access()) {
    case v1::ACCESS_UNSPECIFIED:
    case v1::ACCESS_WRITE:
      break;
    case v1::ACCESS_READ:
      out.reads_only = true;
      break;
    default:
      return Refuse(key("access"), "is not known to this version; write read or write");
  }
  RETURN_IF_ERROR(CheckCount(rule.methods(), key("methods"), budget));
  for (int i = 0; i < rule.methods_size(); ++i) {
    RETURN_IF_ERROR(CheckNamedMethod(rule.methods(i), StrCat(key("methods"), "[", i, "]")));
    out.methods.push_back(rule.methods(i));
  }
  RETURN_IF_ERROR(CompilePatterns(rule.paths(), key("paths"), budget, &out.paths));
  RETURN_IF_ERROR(CompileTools(rule, key("tools"), budget, &out));
  return out;
}

absl::Status CompileAllow(const v1::Policy& policy, SetBudget* budget, CompiledPolicy* out) {
  const auto count = static_cast<size_t>(policy.allow_size());
  if (count > kRulesPerPolicyMax) {
    return Refuse("allow",
                  StrCat("has ", count, " rules; at most ", kRulesPerPolicyMax, " are allowed"));
  }
  budget->entries += count;
  out->allow.reserve(count);
  for (int i = 0; i < policy.allow_size(); ++i) {
    ASSIGN_OR_RETURN(CompiledRule rule, CompileRule(policy.allow(i), i, budget));
    out->allow.push_back(std::move(rule));
  }
  return absl::OkStatus();
}

absl::Status CompileEffect(const v1::Policy& policy, CompiledPolicy* out) {
  switch (policy.effect()) {
    case v1::EFFECT_UNSPECIFIED:
    case v1::EFFECT_ALLOW:
      return absl::OkStatus();
    case v1::EFFECT_DENY:
      break;
    default:
      return Refuse("effect", "is not known to this version; write allow or deny");
  }
  out->deny = true;
  constexpr std::string_view kOffence = "stands in a policy that denies; leave it out";
  if (policy.has_lease()) return Refuse("lease", kOffence);
  if (policy.allow_size() > 0) return Refuse("allow", kOffence);
  if (policy.has_approval()) return Refuse("approval", kOffence);
  if (policy.limits_size() > 0) return Refuse("limits", kOffence);
  return absl::OkStatus();
}

// See CompiledPolicy.conditions.
Hash ConditionsOf(const v1::Policy& policy) {
  v1::Policy conditions;
  *conditions.mutable_subjects() = policy.subjects();
  *conditions.mutable_workflows() = policy.workflows();
  *conditions.mutable_secrets() = policy.secrets();
  *conditions.mutable_when() = policy.when();
  if (policy.has_observe_until()) *conditions.mutable_observe_until() = policy.observe_until();
  if (policy.has_approval()) conditions.set_name(policy.name());
  // No map is among them, so equal messages have equal bytes here.
  return Sha256Of(AsBytes(conditions.SerializeAsString()));
}

absl::Status CompileBody(const v1::Policy& policy, int position, SetBudget* budget,
                         CompiledPolicy* out) {
  if (HasUnknownFields(policy)) {
    return Refuse("a section", "is not known to this version, so it is refused, not ignored");
  }
  RETURN_IF_ERROR(CompileEffect(policy, out));
  RETURN_IF_ERROR(CompileMode(policy, out));
  RETURN_IF_ERROR(CompileSubjects(policy, budget, out));
  RETURN_IF_ERROR(CompilePatterns(policy.workflows(), "workflows", budget, &out->workflows));
  if (policy.secrets().empty()) {
    return Refuse("secrets", "is empty; name the secrets, or write \"**\" for every secret");
  }
  RETURN_IF_ERROR(CompilePatterns(policy.secrets(), "secrets", budget, &out->secrets));
  RETURN_IF_ERROR(CompileWhen(policy, budget, out));
  RETURN_IF_ERROR(CompileTerms(policy.lease(), out));
  RETURN_IF_ERROR(CompileApproval(policy, out));
  RETURN_IF_ERROR(CompileLimits(policy, position, budget, out));
  out->conditions = ConditionsOf(policy);
  return CompileAllow(policy, budget, out);
}

bool MatchesAny(const std::vector<NamePattern>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [name](const NamePattern& pattern) { return pattern.Matches(name); });
}

// Whether one of `names` is in `sorted`.
bool IsAmong(const std::vector<std::string>& sorted, std::span<const std::string_view> names) {
  return std::any_of(names.begin(), names.end(), [&](std::string_view name) {
    return std::binary_search(sorted.begin(), sorted.end(), name, std::less<>());
  });
}

bool ActsFor(const CompiledOnBehalfOf& users, const DecisionSubject& subject) {
  if (subject.user.empty()) return false;
  return std::any_of(users.users.begin(), users.users.end(),
                     [&](const std::string& glob) { return GlobMatches(glob, subject.user); }) ||
         IsAmong(users.groups, subject.user_groups);
}

}  // namespace

absl::StatusOr<CompiledPolicy> CompilePolicy(const v1::Policy& policy, int position,
                                             SetBudget* budget) {
  CompiledPolicy out;
  ASSIGN_OR_RETURN(const Name name,
                   Name::Parse(policy.name(), StrCat("policies[", position, "].name")));
  out.name = name.value();
  RETURN_IF_ERROR(
      Annotate(CompileBody(policy, position, budget, &out), StrCat("policy ", out.name)));
  return out;
}

CoverStage TryCover(const CompiledPolicy& policy, const DecisionSubject& subject) {
  if (!MatchesAny(policy.secrets, subject.secret)) return CoverStage::kSecrets;
  if (!MatchesAny(policy.agents, subject.agent) && !IsAmong(policy.groups, subject.groups)) {
    return CoverStage::kSubjects;
  }
  if (policy.on_behalf_of.has_value() && !ActsFor(*policy.on_behalf_of, subject)) {
    return CoverStage::kOnBehalfOf;
  }
  if (!policy.workflows.empty() && !MatchesAny(policy.workflows, subject.workflow)) {
    return CoverStage::kWorkflows;
  }
  const auto& when = policy.when;
  if (!when.empty() && std::none_of(when.begin(), when.end(), [&](const TimeWindow& window) {
        return window.Contains(subject.time);
      })) {
    return CoverStage::kWhen;
  }
  return CoverStage::kCovers;
}

}  // namespace leasehold
