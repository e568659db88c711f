#ifndef LEASEHOLD_SERVER_CONFIG_SETTINGS_H_
#define LEASEHOLD_SERVER_CONFIG_SETTINGS_H_

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "server/identity/certificates/certificate_rules.h"
#include "server/identity/jwt/jwt_issuer.h"

namespace leasehold {

// One value as it was written, and where: "--listen", "LEASEHOLD_LISTEN", "/etc/lh.yaml:3:9".
struct Setting {
  std::string value;
  std::string where;
};

// A rule of `identity.certificates`, and where it stands.
struct CertificateRuleSetting {
  CertificateRule rule;
  std::string where;
};

// What one source says (the command line, the environment, a file), not yet checked.
struct Settings {
  // By key: those of SettingKeys(), and the few of sections that have a reader of their own
  // (identity.trust_domain, identity.session_ttl).
  std::map<std::string, Setting, std::less<>> values;
  // From the file only. The first is the OS user, with the place of the pair.
  std::vector<std::pair<Setting, Setting>> agent_socket_users;
  std::vector<Setting> adapter_socket_users;
  std::vector<Setting> broker_client_networks;
  std::vector<Setting> tls_crls;
  std::vector<CertificateRuleSetting> certificate_rules;
  // With the place of each.
  std::vector<std::pair<JwtIssuer, std::string>> jwt_issuers;
};

// A setting that is one value, and where it can stand beside in the file. Empty = not there.
struct SettingKey {
  std::string_view key;  // in the file: "limits.grpc_connections" is a key inside `limits`
  std::string_view flag;
  std::string_view variable;
  std::string_view help;  // of the flag
  bool in_file = true;
};

// Those that a flag can set, or that are one value in the file, in the order of the help.
std::span<const SettingKey> SettingKeys();

// What the environment sets. An empty variable counts as not set.
Settings SettingsFromEnvironment(const std::map<std::string, std::string>& environment);

// The setting that is one value, or nullptr.
const Setting* FindSetting(const Settings& settings, std::string_view key);

// kConfigInvalid, with the place of the setting before `what`.
absl::Status InvalidSetting(const Setting& setting, std::string_view what);

// `stronger` where it says something, else `weaker`.
Settings Merge(Settings stronger, Settings weaker);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_SETTINGS_H_
