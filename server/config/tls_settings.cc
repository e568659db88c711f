#include "server/config/tls_settings.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::Status ReadPath(const Setting* setting, std::string& out) {
  if (setting == nullptr) return absl::OkStatus();
  if (!setting->value.starts_with('/')) {
    return InvalidSetting(*setting, StrCat("\"", setting->value, "\" has to be an absolute path"));
  }
  out = setting->value;
  return absl::OkStatus();
}

// What is set has to make sense together.
absl::Status CheckTogether(const Settings& settings) {
  const Setting* const certificate = FindSetting(settings, "tls.certificate");
  const Setting* const key = FindSetting(settings, "tls.key");
  const Setting* const client_ca = FindSetting(settings, "tls.client_ca");
  if ((certificate == nullptr) != (key == nullptr)) {
    return InvalidSetting(certificate == nullptr ? *key : *certificate,
                          "tls.certificate and tls.key are set together or not at all");
  }
  if (client_ca != nullptr && certificate == nullptr) {
    return InvalidSetting(*client_ca, "tls.client_ca needs tls.certificate and tls.key");
  }
  if (client_ca == nullptr && !settings.tls_crls.empty()) {
    return InvalidSetting(settings.tls_crls[0],
                          "tls.crl needs tls.client_ca, whose lists they are");
  }
  if (client_ca == nullptr && !settings.certificate_rules.empty()) {
    return Error(Reason::kConfigInvalid,
                 StrCat(settings.certificate_rules[0].where,
                        ": rules for client certificates need tls.client_ca"));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadTls(const Settings& settings, Config& config) {
  RETURN_IF_ERROR(CheckTogether(settings));
  RETURN_IF_ERROR(ReadPath(FindSetting(settings, "tls.certificate"), config.tls.certificate));
  RETURN_IF_ERROR(ReadPath(FindSetting(settings, "tls.key"), config.tls.key));
  RETURN_IF_ERROR(ReadPath(FindSetting(settings, "tls.client_ca"), config.tls.client_ca));
  for (const Setting& crl : settings.tls_crls) {
    RETURN_IF_ERROR(ReadPath(&crl, config.tls.crls.emplace_back()));
  }
  const Setting* const domain = FindSetting(settings, "identity.trust_domain");
  const std::string trust_domain = domain == nullptr ? "" : domain->value;
  std::vector<CertificateRule> rules;
  for (const CertificateRuleSetting& setting : settings.certificate_rules) {
    if (absl::Status checked = CertificateRules::Check(trust_domain, setting.rule); !checked.ok()) {
      return Error(Reason::kConfigInvalid, StrCat(setting.where, ": ", ToStd(checked.message())));
    }
    rules.push_back(setting.rule);
  }
  auto compiled = CertificateRules::Compile(trust_domain, std::move(rules));
  if (!compiled.ok()) return InvalidSetting(*domain, ToStd(compiled.status().message()));
  config.certificate_rules = *std::move(compiled);
  return absl::OkStatus();
}

}  // namespace leasehold
