#include "server/config/settings.h"

#include <array>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr auto kKeys = std::to_array<SettingKey>({
    {"data_dir", "--data-dir", "LEASEHOLD_DATA_DIR",
     "Folder of database, root key and sockets (default: /var/lib/leasehold for root, else "
     "~/.local/share/leasehold)"},
    {"config", "--config", "LEASEHOLD_CONFIG",
     "Configuration file (default: leaseholdd.yaml in the data folder, if there is one)", false},
    {"listen", "--listen", "LEASEHOLD_LISTEN",
     "Address of the gRPC API (default 127.0.0.1:8640; port 0 picks a free one)"},
    {"broker_listen", "--broker-listen", "LEASEHOLD_BROKER_LISTEN",
     "Address of the HTTP broker (default 127.0.0.1:8642)"},
    {"metrics_listen", "--metrics-listen", "LEASEHOLD_METRICS_LISTEN",
     "Address of metrics and probes (default 127.0.0.1:8643)"},
    {"root_key", "--root-key", "LEASEHOLD_ROOT_KEY",
     "Where the root key is: file (root.key in the data folder) or credential (systemd's "
     "leasehold-root-key) (default file)"},
    {"log_level", "--log-level", "LEASEHOLD_LOG_LEVEL",
     "info, warning, error or off (default info)"},
    {"log_format", "--log-format", "LEASEHOLD_LOG_FORMAT",
     "json, text or auto: text on a terminal (default auto)"},
    {"revoke_all_at_start", "--revoke-all-at-start", "",
     "Revoke all leases before serving, and record this reason", false},
    {"tls.certificate", "--tls-certificate", "LEASEHOLD_TLS_CERTIFICATE",
     "The gRPC port speaks TLS with this certificate, PEM with its intermediates"},
    {"tls.key", "--tls-key", "LEASEHOLD_TLS_KEY", "Private key of the certificate, PEM"},
    {"tls.client_ca", "--tls-client-ca", "LEASEHOLD_TLS_CLIENT_CA",
     "Authorities whose client certificates count, PEM"},
    {"agent_socket", "", "", ""},
    {"adapter_socket", "", "", ""},
    {"limits.grpc_connections", "", "", ""},
    {"limits.grpc_connections_per_address", "", "", ""},
    {"limits.agent_connections", "", "", ""},
    {"limits.agent_connections_per_user", "", "", ""},
    {"limits.broker_connections", "", "", ""},
    {"limits.broker_connections_per_address", "", "", ""},
    {"limits.grpc_memory_mib", "", "", ""},
});

template <typename T>
void TakeIfEmpty(std::vector<T>& list, std::vector<T>& other) {
  if (list.empty()) list = std::move(other);
}

}  // namespace

std::span<const SettingKey> SettingKeys() { return kKeys; }

const Setting* FindSetting(const Settings& settings, std::string_view key) {
  const auto it = settings.values.find(key);
  return it == settings.values.end() ? nullptr : &it->second;
}

absl::Status InvalidSetting(const Setting& setting, std::string_view what) {
  return Error(Reason::kConfigInvalid, StrCat(setting.where, ": ", what));
}

Settings SettingsFromEnvironment(const std::map<std::string, std::string>& environment) {
  Settings settings;
  for (const SettingKey& key : kKeys) {
    if (key.variable.empty()) continue;
    const auto it = environment.find(std::string(key.variable));
    if (it == environment.end() || it->second.empty()) continue;
    settings.values[std::string(key.key)] = {it->second, std::string(key.variable)};
  }
  return settings;
}

Settings Merge(Settings stronger, Settings weaker) {
  stronger.values.merge(weaker.values);  // Keeps what is there.
  TakeIfEmpty(stronger.agent_socket_users, weaker.agent_socket_users);
  TakeIfEmpty(stronger.adapter_socket_users, weaker.adapter_socket_users);
  TakeIfEmpty(stronger.broker_client_networks, weaker.broker_client_networks);
  TakeIfEmpty(stronger.jwt_issuers, weaker.jwt_issuers);
  TakeIfEmpty(stronger.tls_crls, weaker.tls_crls);
  TakeIfEmpty(stronger.certificate_rules, weaker.certificate_rules);
  return stronger;
}

}  // namespace leasehold
