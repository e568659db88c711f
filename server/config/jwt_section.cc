#include "server/config/jwt_section.h"

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/identity/jwt/claim_rules.h"
#include "server/net/https/https_url.h"

namespace leasehold {
namespace {

constexpr char kSessionTtl[] = "identity.session_ttl";
// Less is over before a command is typed; more is no session but a password.
constexpr absl::Duration kSessionTtlMin = absl::Minutes(1);
constexpr absl::Duration kSessionTtlMax = absl::Hours(24 * 7);

absl::Status ReadText(const YamlWalk& walk, const YAML::Node& node, std::string_view key,
                      std::string& out) {
  ASSIGN_OR_RETURN(Setting setting, walk.OneValue(node, key));
  out = std::move(setting.value);
  return absl::OkStatus();
}

absl::Status ReadTexts(const YamlWalk& walk, const YAML::Node& node, std::string_view key,
                       std::vector<std::string>& out) {
  out.clear();
  return walk.EachItem(node, key, [&](const YAML::Node& item) -> absl::Status {
    ASSIGN_OR_RETURN(Setting setting, walk.OneValue(item, key));
    out.push_back(std::move(setting.value));
    return absl::OkStatus();
  });
}

absl::Status ReadAlgorithms(const YamlWalk& walk, const YAML::Node& node,
                            std::vector<SignatureAlgorithm>& out) {
  return walk.EachItem(node, "algorithms", [&](const YAML::Node& item) -> absl::Status {
    ASSIGN_OR_RETURN(const Setting name, walk.OneValue(item, "algorithms"));
    const auto algorithm = ParseAlgorithm(name.value);
    if (!algorithm.has_value()) {
      return walk.Wrong(item, StrCat("\"", name.value,
                                     "\" is none of RS256, RS384, RS512, PS256, PS384, PS512, "
                                     "ES256, ES384, ES512, EdDSA"));
    }
    out.push_back(*algorithm);
    return absl::OkStatus();
  });
}

absl::Status ReadRole(const YamlWalk& walk, const YAML::Node& node, Role& out) {
  ASSIGN_OR_RETURN(const Setting word, walk.OneValue(node, "role"));
  out = word.value == "admin"      ? Role::kAdmin
        : word.value == "security" ? Role::kSecurity
        : word.value == "auditor"  ? Role::kAuditor
                                   : Role::kNone;
  if (out == Role::kNone) return walk.Wrong(node, "\"role\" is one of admin, security, auditor");
  return absl::OkStatus();
}

// Claim -> pattern, any claims.
absl::Status ReadWhen(const YamlWalk& walk, const YAML::Node& node, JwtRule& rule) {
  if (!node.IsMap()) return walk.Wrong(node, "\"when\" has to be a list of `claim: pattern`");
  for (const auto& pair : node) {
    ASSIGN_OR_RETURN(Setting claim, walk.OneValue(pair.first, "when"));
    ASSIGN_OR_RETURN(Setting pattern, walk.OneValue(pair.second, claim.value));
    for (const auto& [other, unused] : rule.when) {
      if (other == claim.value) {
        return walk.Wrong(pair.first, StrCat("a second \"", claim.value, "\""));
      }
    }
    rule.when.emplace_back(std::move(claim.value), std::move(pattern.value));
  }
  return absl::OkStatus();
}

absl::Status ReadGroups(const YamlWalk& walk, const YAML::Node& node, JwtRule& rule) {
  return walk.EachItem(node, "groups", [&](const YAML::Node& item) -> absl::Status {
    JwtGroupRule& group = rule.groups.emplace_back();
    RETURN_IF_ERROR(walk.EachKey(item, {"claim", "pattern", "name"},
                                 [&](const std::string& key, const YAML::Node& value) {
                                   return ReadText(walk, value, key,
                                                   key == "claim"     ? group.claim
                                                   : key == "pattern" ? group.pattern
                                                                      : group.name);
                                 }));
    return group.claim.empty() ? walk.Wrong(item, "a group needs `claim`") : absl::OkStatus();
  });
}

absl::Status ReadRule(const YamlWalk& walk, const YAML::Node& node, JwtRule& rule) {
  return walk.EachKey(node, {"when", "agent", "role", "groups", "on_behalf_of"},
                      [&](const std::string& key, const YAML::Node& value) {
                        if (key == "when") return ReadWhen(walk, value, rule);
                        if (key == "role") return ReadRole(walk, value, rule.role);
                        if (key == "groups") return ReadGroups(walk, value, rule);
                        return ReadText(walk, value, key,
                                        key == "agent" ? rule.agent : rule.on_behalf_of);
                      });
}

absl::Status ReadLogin(const YamlWalk& walk, const YAML::Node& node, JwtLogin& login) {
  return walk.EachKey(node, {"client_id", "scopes"},
                      [&](const std::string& key, const YAML::Node& value) {
                        return key == "scopes" ? ReadTexts(walk, value, key, login.scopes)
                                               : ReadText(walk, value, key, login.client_id);
                      });
}

absl::Status ReadIssuer(const YamlWalk& walk, const YAML::Node& node, JwtIssuer& issuer) {
  const auto take = [&](const std::string& key, const YAML::Node& value) -> absl::Status {
    if (key == "audiences") return ReadTexts(walk, value, key, issuer.audiences);
    if (key == "algorithms") return ReadAlgorithms(walk, value, issuer.algorithms);
    if (key == "login") return ReadLogin(walk, value, issuer.login);
    if (key == "rules") {
      return walk.EachItem(value, key, [&](const YAML::Node& item) {
        return ReadRule(walk, item, issuer.rules.emplace_back());
      });
    }
    return ReadText(walk, value, key,
                    key == "issuer"      ? issuer.issuer
                    : key == "alias"     ? issuer.alias
                    : key == "jwks_file" ? issuer.jwks_file
                    : key == "jwks_url"  ? issuer.jwks_url
                                         : issuer.ca_file);
  };
  return walk.EachKey(node,
                      {"issuer", "alias", "audiences", "algorithms", "jwks_file", "jwks_url",
                       "ca_file", "rules", "login"},
                      take);
}

absl::Status Invalid(std::string_view what) { return Error(Reason::kConfigInvalid, what); }

absl::Status CheckKeys(const JwtIssuer& issuer) {
  if (issuer.jwks_file.empty() == issuer.jwks_url.empty()) {
    return Invalid("an issuer needs either `jwks_file` or `jwks_url`");
  }
  if (!issuer.jwks_url.empty()) {
    if (const auto url = HttpsUrl::Parse(issuer.jwks_url); !url.ok()) {
      return Invalid(StrCat("jwks_url: ", url.status().message()));
    }
  } else if (!issuer.jwks_file.starts_with('/')) {
    return Invalid("`jwks_file` has to be an absolute path");
  }
  if (!issuer.ca_file.empty() && (!issuer.ca_file.starts_with('/') || issuer.jwks_url.empty())) {
    return Invalid("`ca_file` has to be an absolute path, and is for `jwks_url`");
  }
  return absl::OkStatus();
}

absl::Status CheckIssuer(const JwtIssuer& issuer) {
  if (issuer.issuer.empty() || issuer.alias.empty() || issuer.audiences.empty() ||
      issuer.algorithms.empty()) {
    return Invalid("an issuer needs `issuer`, `alias`, `audiences` and `algorithms`");
  }
  const auto alias = Name::Parse(issuer.alias, "the alias");
  if (!alias.ok()) return Invalid(ToStd(alias.status().message()));
  if (issuer.alias.find('/') != std::string::npos) return Invalid("the alias is one word");
  RETURN_IF_ERROR(CheckKeys(issuer));
  const auto has = [](const std::vector<std::string>& list, std::string_view value) {
    return std::find(list.begin(), list.end(), value) != list.end();
  };
  if (!issuer.login.client_id.empty() &&
      (!has(issuer.audiences, issuer.login.client_id) || !has(issuer.login.scopes, "openid"))) {
    return Invalid("`login.client_id` has to be one of `audiences`, and `scopes` have openid");
  }
  return ClaimRules::Compile(issuer).status();
}

absl::Status CheckSessionTtl(const Settings& settings, Config& config) {
  const auto it = settings.values.find(kSessionTtl);
  if (it == settings.values.end()) return absl::OkStatus();
  if (!absl::ParseDuration(it->second.value, &config.session_ttl) ||
      config.session_ttl < kSessionTtlMin || config.session_ttl > kSessionTtlMax) {
    return Invalid(StrCat(it->second.where,
                          ": \"session_ttl\" has to be a time such as 8h, from 1m "
                          "to 168h"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadJwtSection(const YamlWalk& walk, const YAML::Node& node, Settings& settings) {
  return walk.EachItem(node, "jwt", [&](const YAML::Node& item) -> absl::Status {
    if (settings.jwt_issuers.size() == JwtIssuer::kIssuersMax) {
      return walk.Wrong(item, StrCat("more than ", JwtIssuer::kIssuersMax, " issuers"));
    }
    settings.jwt_issuers.emplace_back(JwtIssuer(), walk.Place(item.Mark()));
    return ReadIssuer(walk, item, settings.jwt_issuers.back().first);
  });
}

absl::Status CheckJwtIssuers(const Settings& settings, Config& config) {
  RETURN_IF_ERROR(CheckSessionTtl(settings, config));
  std::set<std::string> issuers;
  std::set<std::string> aliases;
  for (const auto& [issuer, where] : settings.jwt_issuers) {
    if (absl::Status checked = CheckIssuer(issuer); !checked.ok()) {
      return Invalid(StrCat(where, ": ", checked.message()));
    }
    if (!issuers.insert(issuer.issuer).second || !aliases.insert(issuer.alias).second) {
      return Invalid(StrCat(where, ": another issuer has the same `issuer` or `alias`"));
    }
    config.jwt_issuers.push_back(issuer);
  }
  return absl::OkStatus();
}

}  // namespace leasehold
