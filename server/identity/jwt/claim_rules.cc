#include "server/identity/jwt/claim_rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/identity/jwt/claim_pattern.h"

namespace leasehold {
namespace {

absl::Status Rejected(std::string_view why) { return Error(Reason::kTokenRejected, why); }
absl::Status Invalid(std::string_view what) { return Error(Reason::kConfigInvalid, what); }

struct CompiledGroup {
  std::string claim;
  ClaimPattern pattern;
  CaptureTemplate name;
};

absl::StatusOr<CompiledGroup> CompileGroup(const JwtGroupRule& rule) {
  ASSIGN_OR_RETURN(ClaimPattern pattern, ClaimPattern::Compile(rule.pattern));
  ASSIGN_OR_RETURN(CaptureTemplate name, CaptureTemplate::Parse(rule.name, pattern.names()));
  return CompiledGroup{rule.claim, std::move(pattern), std::move(name)};
}

// A value that can name no group names none that exists, so it is passed over.
absl::Status AddGroups(const CompiledGroup& rule, const JsonValue& claims,
                       std::vector<std::string>* groups) {
  const JsonValue* const claim = FindClaim(claims, rule.claim);
  if (claim == nullptr) return absl::OkStatus();
  const std::span<const JsonValue> values =
      claim->is_string() ? std::span<const JsonValue>(claim, 1) : claim->items();
  for (const JsonValue& value : values) {
    Captures captures;
    if (!value.is_string() || !rule.pattern.Match(value.text(), &captures)) continue;
    const absl::StatusOr<Name> name = Name::Parse(rule.name.Fill(captures), "group");
    if (!name.ok() || std::find(groups->begin(), groups->end(), name->value()) != groups->end()) {
      continue;
    }
    if (groups->size() == ClaimRules::kGroupsMax) {
      return Rejected(StrCat("the token claims more than ", ClaimRules::kGroupsMax, " groups"));
    }
    groups->push_back(name->value());
  }
  return absl::OkStatus();
}

// "{prefix}:{claim}", where the claim is a string.
absl::StatusOr<std::string> QualifiedName(const std::string& prefix, const JsonValue& claims,
                                          const std::string& claim) {
  const JsonValue* const value = FindClaim(claims, claim);
  if (value == nullptr || !value->is_string() || value->text().empty()) {
    return Rejected(StrCat("the token has no claim ", claim, " that is a string"));
  }
  const auto text = Text::Parse(StrCat(prefix, ":", value->text()), StrCat("its claim ", claim));
  if (!text.ok()) return Rejected(StrCat("the token is refused: ", text.status().message()));
  return text->value();
}

// What a pattern of `when` is held against: a string, or a truth value as JSON writes it
// (`email_verified: "true"`). nullopt for the rest, which no pattern matches: a number has several
// spellings, and of an array it would not be clear which item counts.
std::optional<std::string_view> TextOf(const JsonValue& claim) {
  if (claim.is_string()) return claim.text();
  if (claim.kind() == JsonValue::Kind::kBool) return claim.boolean() ? "true" : "false";
  return std::nullopt;
}

}  // namespace

struct ClaimRules::Rule {
  std::vector<std::pair<std::string, ClaimPattern>> when;
  std::optional<CaptureTemplate> agent;
  Role role = Role::kNone;
  std::vector<CompiledGroup> groups;
  std::string on_behalf_of;

  bool Matches(const JsonValue& claims, Captures* captures) const {
    return std::all_of(when.begin(), when.end(), [&](const auto& condition) {
      const JsonValue* const claim = FindClaim(claims, condition.first);
      const auto text = claim != nullptr ? TextOf(*claim) : std::nullopt;
      return text.has_value() && condition.second.Match(*text, captures);
    });
  }

  static absl::StatusOr<std::unique_ptr<const Rule>> Compile(const JwtRule& rule) {
    auto compiled = std::make_unique<Rule>();
    if (rule.when.empty()) {
      return Invalid("a rule needs `when`: without it every token of the issuer would match");
    }
    std::set<std::string> names;
    for (const auto& [claim, pattern] : rule.when) {
      ASSIGN_OR_RETURN(ClaimPattern regex, ClaimPattern::Compile(pattern));
      for (const std::string& name : regex.names()) {
        if (!names.insert(name).second) return Invalid(StrCat("two captures are called ", name));
      }
      compiled->when.emplace_back(claim, std::move(regex));
    }
    if (rule.agent.empty() == (rule.role == Role::kNone)) {
      return Invalid("a rule needs either `agent` or `role`");
    }
    if (!rule.agent.empty()) {
      ASSIGN_OR_RETURN(compiled->agent, CaptureTemplate::Parse(rule.agent, names));
    } else if (!rule.groups.empty() || !rule.on_behalf_of.empty()) {
      return Invalid("`groups` and `on_behalf_of` are for agents, not for people with a role");
    }
    for (const JwtGroupRule& group : rule.groups) {
      ASSIGN_OR_RETURN(CompiledGroup one, CompileGroup(group));
      compiled->groups.push_back(std::move(one));
    }
    compiled->role = rule.role;
    compiled->on_behalf_of = rule.on_behalf_of;
    return std::unique_ptr<const Rule>(std::move(compiled));
  }
};

ClaimRules::ClaimRules() = default;
ClaimRules::ClaimRules(ClaimRules&&) noexcept = default;
ClaimRules& ClaimRules::operator=(ClaimRules&&) noexcept = default;
ClaimRules::~ClaimRules() = default;

absl::StatusOr<ClaimRules> ClaimRules::Compile(const JwtIssuer& issuer) {
  if (issuer.rules.empty() || issuer.rules.size() > JwtIssuer::kRulesMax) {
    return Invalid(StrCat("an issuer has 1 to ", JwtIssuer::kRulesMax, " rules"));
  }
  ClaimRules compiled;
  compiled.alias_ = issuer.alias;
  for (const JwtRule& rule : issuer.rules) {
    ASSIGN_OR_RETURN(std::unique_ptr<const Rule> one, Rule::Compile(rule));
    compiled.rules_.push_back(std::move(one));
  }
  return compiled;
}

absl::StatusOr<JwtIdentity> ClaimRules::Match(const JsonValue& claims) const {
  for (const std::unique_ptr<const Rule>& rule : rules_) {
    Captures captures;
    if (!rule->Matches(claims, &captures)) continue;
    JwtIdentity identity{.role = rule->role};
    if (!rule->agent.has_value()) {
      ASSIGN_OR_RETURN(identity.operator_name,
                       QualifiedName(StrCat("operator:", alias_), claims, "sub"));
      return identity;
    }
    const auto agent = Name::Parse(rule->agent->Fill(captures), "the agent that its claims name");
    if (!agent.ok()) return Rejected(StrCat("the token is refused: ", agent.status().message()));
    identity.agent = agent->value();
    if (!rule->on_behalf_of.empty()) {
      ASSIGN_OR_RETURN(identity.user, QualifiedName(alias_, claims, rule->on_behalf_of));
    }
    for (const CompiledGroup& group : rule->groups) {
      RETURN_IF_ERROR(AddGroups(group, claims, &identity.groups));
    }
    return identity;
  }
  return Rejected("no rule of the configuration says whom the token's claims stand for");
}

}  // namespace leasehold
