#include "server/policy/compiled_policy.h"

#include <algorithm>
#include <functional>
#include <string_view>

#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/http_methods.h"
#include "server/policy/message_checks.h"
#include "server/policy/policy_limits.h"

namespace leasehold {
namespace {

using Strings = google::protobuf::RepeatedPtrField<std::string>;

absl::Status Refuse(std::string_view key, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(key, " ", offence));
}

absl::Status CheckCount(const Strings& list, std::string_view key, size_t* set_entries) {
  const auto count = static_cast<size_t>(list.size());
  if (count > kListEntriesMax) {
    return Refuse(key,
                  StrCat("has ", count, " entries; at most ", kListEntriesMax, " are allowed"));
  }
  *set_entries += count;
  return absl::OkStatus();
}

// Parses each entry of `list` with Pattern::Parse.
template <typename Pattern>
absl::Status CompilePatterns(const Strings& list, std::string_view key, size_t* set_entries,
                             std::vector<Pattern>* out) {
  RETURN_IF_ERROR(CheckCount(list, key, set_entries));
  out->reserve(static_cast<size_t>(list.size()));
  for (int i = 0; i < list.size(); ++i) {
    ASSIGN_OR_RETURN(Pattern pattern, Pattern::Parse(list[i], StrCat(key, "[", i, "]")));
    out->push_back(std::move(pattern));
  }
  return absl::OkStatus();
}

absl::Status CompileSubjects(const v1::Policy& policy, size_t* set_entries, CompiledPolicy* out) {
  const v1::Subjects& subjects = policy.subjects();
  if (subjects.agents().empty() && subjects.groups().empty()) {
    return Refuse("subjects", "is empty, so the policy is about nobody; name agents or groups");
  }
  RETURN_IF_ERROR(CompilePatterns(subjects.agents(), "subjects.agents", set_entries, &out->agents));
  RETURN_IF_ERROR(CheckCount(subjects.groups(), "subjects.groups", set_entries));
  for (int i = 0; i < subjects.groups_size(); ++i) {
    ASSIGN_OR_RETURN(const Name group,
                     Name::Parse(subjects.groups(i), StrCat("subjects.groups[", i, "]")));
    out->groups.push_back(group.value());
  }
  std::sort(out->groups.begin(), out->groups.end());
  out->groups.erase(std::unique(out->groups.begin(), out->groups.end()), out->groups.end());
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

absl::StatusOr<CompiledRule> CompileRule(const v1::AllowRule& rule, int position,
                                         size_t* set_entries) {
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
  RETURN_IF_ERROR(CheckCount(rule.methods(), key("methods"), set_entries));
  for (int i = 0; i < rule.methods_size(); ++i) {
    RETURN_IF_ERROR(CheckNamedMethod(rule.methods(i), StrCat(key("methods"), "[", i, "]")));
    out.methods.push_back(rule.methods(i));
  }
  RETURN_IF_ERROR(CompilePatterns(rule.paths(), key("paths"), set_entries, &out.paths));
  return out;
}

absl::Status CompileAllow(const v1::Policy& policy, size_t* set_entries, CompiledPolicy* out) {
  const auto count = static_cast<size_t>(policy.allow_size());
  if (count > kRulesPerPolicyMax) {
    return Refuse("allow",
                  StrCat("has ", count, " rules; at most ", kRulesPerPolicyMax, " are allowed"));
  }
  *set_entries += count;
  out->allow.reserve(count);
  for (int i = 0; i < policy.allow_size(); ++i) {
    ASSIGN_OR_RETURN(CompiledRule rule, CompileRule(policy.allow(i), i, set_entries));
    out->allow.push_back(std::move(rule));
  }
  return absl::OkStatus();
}

absl::Status CompileBody(const v1::Policy& policy, size_t* set_entries, CompiledPolicy* out) {
  if (HasUnknownFields(policy)) {
    return Refuse("a section", "is not known to this version, so it is refused, not ignored");
  }
  switch (policy.effect()) {
    case v1::EFFECT_UNSPECIFIED:
    case v1::EFFECT_ALLOW:
      break;
    case v1::EFFECT_DENY:
      out->deny = true;
      break;
    default:
      return Refuse("effect", "is not known to this version; write allow or deny");
  }
  if (out->deny && policy.has_lease()) {
    return Refuse("lease", "stands in a policy that denies; leave it out");
  }
  if (out->deny && policy.allow_size() > 0) {
    return Refuse("allow", "stands in a policy that denies; leave it out");
  }
  RETURN_IF_ERROR(CompileSubjects(policy, set_entries, out));
  RETURN_IF_ERROR(CompilePatterns(policy.workflows(), "workflows", set_entries, &out->workflows));
  if (policy.secrets().empty()) {
    return Refuse("secrets", "is empty; name the secrets, or write \"**\" for every secret");
  }
  RETURN_IF_ERROR(CompilePatterns(policy.secrets(), "secrets", set_entries, &out->secrets));
  RETURN_IF_ERROR(CompileTerms(policy.lease(), out));
  return CompileAllow(policy, set_entries, out);
}

bool MatchesAny(const std::vector<NamePattern>& patterns, std::string_view name) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [name](const NamePattern& pattern) { return pattern.Matches(name); });
}

bool CoversAgent(const CompiledPolicy& policy, const DecisionSubject& subject) {
  if (MatchesAny(policy.agents, subject.agent)) return true;
  return std::any_of(subject.groups.begin(), subject.groups.end(), [&](std::string_view group) {
    return std::binary_search(policy.groups.begin(), policy.groups.end(), group, std::less<>());
  });
}

}  // namespace

absl::StatusOr<CompiledPolicy> CompilePolicy(const v1::Policy& policy, int position,
                                             size_t* set_entries) {
  CompiledPolicy out;
  ASSIGN_OR_RETURN(const Name name,
                   Name::Parse(policy.name(), StrCat("policies[", position, "].name")));
  out.name = name.value();
  RETURN_IF_ERROR(Annotate(CompileBody(policy, set_entries, &out), StrCat("policy ", out.name)));
  return out;
}

bool Covers(const CompiledPolicy& policy, const DecisionSubject& subject) {
  return MatchesAny(policy.secrets, subject.secret) && CoversAgent(policy, subject) &&
         (policy.workflows.empty() || MatchesAny(policy.workflows, subject.workflow));
}

}  // namespace leasehold
