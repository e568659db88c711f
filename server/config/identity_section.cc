#include "server/config/identity_section.h"

#include <string>
#include <utility>

#include "server/config/jwt_section.h"

namespace leasehold {
namespace {

// More rules than one can look through are a mistake; each costs time with every new certificate.
constexpr size_t kRulesMax = 256;

absl::StatusOr<Role> ReadRole(const YamlWalk& walk, const YAML::Node& node) {
  ASSIGN_OR_RETURN(const Setting word, walk.OneValue(node, "role"));
  if (word.value == "admin") return Role::kAdmin;
  if (word.value == "security") return Role::kSecurity;
  if (word.value == "auditor") return Role::kAuditor;
  return walk.Wrong(node, "\"role\" is one of admin, security, auditor");
}

absl::StatusOr<CertificateRule> ReadRule(const YamlWalk& walk, const YAML::Node& node) {
  CertificateRule rule;
  const auto take = [&](const std::string& key, const YAML::Node& value) -> absl::Status {
    if (key == "role") {
      ASSIGN_OR_RETURN(rule.role, ReadRole(walk, value));
      return absl::OkStatus();
    }
    ASSIGN_OR_RETURN(Setting setting, walk.OneValue(value, key));
    if (key == "adapter") {
      if (setting.value != "true") return walk.Wrong(value, "\"adapter\" is true or not there");
      rule.adapter = true;
    } else {
      (key == "spiffe"    ? rule.spiffe
       : key == "dns"     ? rule.dns
       : key == "subject" ? rule.subject
                          : rule.agent) = std::move(setting.value);
    }
    return absl::OkStatus();
  };
  RETURN_IF_ERROR(
      walk.EachKey(node, {"spiffe", "dns", "subject", "agent", "adapter", "role"}, take));
  return rule;
}

}  // namespace

absl::Status ReadIdentitySection(const YamlWalk& walk, const YAML::Node& node, Settings& settings) {
  const auto take = [&](const std::string& key, const YAML::Node& value) -> absl::Status {
    if (key == "jwt") return ReadJwtSection(walk, value, settings);
    if (key == "trust_domain" || key == "session_ttl") {
      ASSIGN_OR_RETURN(settings.values[StrCat("identity.", key)], walk.OneValue(value, key));
      return absl::OkStatus();
    }
    return walk.EachItem(value, key, [&](const YAML::Node& item) -> absl::Status {
      ASSIGN_OR_RETURN(CertificateRule rule, ReadRule(walk, item));
      if (settings.certificate_rules.size() == kRulesMax) {
        return walk.Wrong(item, StrCat("more than ", kRulesMax, " rules"));
      }
      settings.certificate_rules.push_back({std::move(rule), walk.Place(item.Mark())});
      return absl::OkStatus();
    });
  };
  return walk.EachKey(node, {"trust_domain", "certificates", "session_ttl", "jwt"}, take);
}

}  // namespace leasehold
