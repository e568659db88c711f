#include "server/config/load_config.h"

#include <unistd.h>

#include <charconv>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/config/command_line.h"
#include "server/config/config_file.h"
#include "server/config/jwt_section.h"
#include "server/config/settings.h"
#include "server/config/tls_settings.h"

namespace leasehold {
namespace {

constexpr char kRootDataDir[] = "/var/lib/leasehold";
constexpr char kFileName[] = "leaseholdd.yaml";

// More connections than descriptors that a process usually can have at most.
constexpr size_t kConnectionsMax = 100'000;
// Less than one policy set and its answer do not fit in.
constexpr size_t kMemoryMibMin = 32;
constexpr size_t kMemoryMibMax = 1 << 20;

// Without a folder of its own, a user's server lives where the XDG base directories put data.
absl::StatusOr<std::string> DefaultDataDir(const ConfigSources& sources) {
  if (sources.is_root) return std::string(kRootDataDir);
  const auto variable = [&sources](const char* name) {
    const auto it = sources.environment.find(name);
    return it == sources.environment.end() ? std::string() : it->second;
  };
  // A relative one is to be ignored, says the specification.
  if (const std::string data = variable("XDG_DATA_HOME"); data.starts_with('/')) {
    return data + "/leasehold";
  }
  if (const std::string home = variable("HOME"); home.starts_with('/')) {
    return home + "/.local/share/leasehold";
  }
  return Error(Reason::kConfigInvalid,
               "there is no data folder: HOME is not set; give one with --data-dir");
}

absl::StatusOr<std::string> DataDir(const Settings& settings, const ConfigSources& sources) {
  const Setting* const setting = FindSetting(settings, "data_dir");
  if (setting == nullptr) return DefaultDataDir(sources);
  std::error_code error;
  const auto path = std::filesystem::absolute(setting->value, error).lexically_normal();
  if (error) return InvalidSetting(*setting, StrCat("no such folder: ", error.message()));
  std::string text = path.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

// The file's settings: of the one that was named, or of the one in the data folder.
absl::StatusOr<Settings> FileSettings(const Settings& stronger, const ConfigSources& sources) {
  if (const Setting* const named = FindSetting(stronger, "config"); named != nullptr) {
    auto settings = ReadConfigFile(named->value);
    if (ReasonOf(settings.status()) == Reason::kNotFound) {
      return InvalidSetting(*named, ToStd(settings.status().message()));
    }
    return settings;
  }
  ASSIGN_OR_RETURN(const std::string data_dir, DataDir(stronger, sources));
  auto settings = ReadConfigFile(StrCat(data_dir, "/", std::string_view(kFileName)));
  if (ReasonOf(settings.status()) == Reason::kNotFound) return Settings{};
  RETURN_IF_ERROR(settings.status());
  if (const Setting* const elsewhere = FindSetting(*settings, "data_dir"); elsewhere != nullptr) {
    return InvalidSetting(
        *elsewhere,
        "a file in the data folder cannot name the data folder; remove the key, or give "
        "the file with --config");
  }
  return settings;
}

// Where an address may be reached from; kWithTls needs what is not set.
enum class Reach { kLoopback, kWithTls, kAny };

absl::Status ReadAddress(const Settings& settings, std::string_view key, Reach reach,
                         SocketAddress& out) {
  const Setting* const setting = FindSetting(settings, key);
  if (setting == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(out, SocketAddress::Parse(setting->value, setting->where));
  if (reach != Reach::kAny && !out.ip().IsLoopback()) {
    return InvalidSetting(
        *setting, StrCat(out.ToString(), " can be reached from other machines, and ",
                         reach == Reach::kWithTls
                             ? "has no TLS; set tls.certificate and tls.key, or listen at "
                               "127.0.0.1 or [::1]"
                             : "this version has no TLS for it; listen at 127.0.0.1 or [::1]"));
  }
  return absl::OkStatus();
}

absl::Status ReadSocketPath(const Settings& settings, std::string_view key, std::string& out) {
  const Setting* const setting = FindSetting(settings, key);
  if (setting == nullptr) return absl::OkStatus();
  if (!setting->value.starts_with('/')) {
    return InvalidSetting(*setting, StrCat("\"", key, "\" has to be an absolute path"));
  }
  out = setting->value;
  return absl::OkStatus();
}

// A whole number from `min` to `max`.
struct Range {
  size_t min;
  size_t max;
};

absl::Status ReadNumber(const Settings& settings, std::string_view key, Range range, size_t& out) {
  const Setting* const setting = FindSetting(settings, key);
  if (setting == nullptr) return absl::OkStatus();
  const char* const end = setting->value.data() + setting->value.size();
  const auto [stop, error] = std::from_chars(setting->value.data(), end, out);
  if (error != std::errc() || stop != end || out < range.min || out > range.max) {
    return InvalidSetting(
        *setting, StrCat("\"", key, "\" has to be a number from ", range.min, " to ", range.max));
  }
  return absl::OkStatus();
}

absl::Status ReadLimits(const Settings& settings, Config& config) {
  const Range connections = {1, kConnectionsMax};
  const std::pair<std::string_view, size_t&> rows[] = {
      {"limits.grpc_connections", config.grpc_limits.total},
      {"limits.grpc_connections_per_address", config.grpc_limits.per_peer},
      {"limits.agent_connections", config.agent_limits.total},
      {"limits.agent_connections_per_user", config.agent_limits.per_peer},
      {"limits.broker_connections", config.broker_limits.total},
      {"limits.broker_connections_per_address", config.broker_limits.per_peer},
  };
  for (const auto& [key, out] : rows) RETURN_IF_ERROR(ReadNumber(settings, key, connections, out));
  size_t mib = config.grpc_memory_bytes >> 20;
  RETURN_IF_ERROR(
      ReadNumber(settings, "limits.grpc_memory_mib", {kMemoryMibMin, kMemoryMibMax}, mib));
  config.grpc_memory_bytes = mib << 20;
  return absl::OkStatus();
}

absl::Status ReadLog(const Settings& settings, LogOptions& log) {
  log.format = DefaultLogFormat();
  if (const Setting* const level = FindSetting(settings, "log_level"); level != nullptr) {
    bool found = false;
    for (const LogLevel candidate :
         {LogLevel::kInfo, LogLevel::kWarning, LogLevel::kError, LogLevel::kOff}) {
      if (LogLevelName(candidate) != level->value) continue;
      log.level = candidate;
      found = true;
    }
    if (!found) {
      return InvalidSetting(*level, "the log level is one of info, warning, error, off");
    }
  }
  const Setting* const format = FindSetting(settings, "log_format");
  if (format == nullptr || format->value == "auto") return absl::OkStatus();
  if (format->value != "json" && format->value != "text") {
    return InvalidSetting(*format, "the log format is one of json, text, auto");
  }
  log.format = format->value == "json" ? LogFormat::kJson : LogFormat::kText;
  return absl::OkStatus();
}

absl::Status ReadUsers(const Settings& settings, Config& config) {
  for (const auto& [user, agent] : settings.agent_socket_users) {
    const auto name = Name::Parse(agent.value, "agent name");
    if (!name.ok()) return InvalidSetting(agent, ToStd(name.status().message()));
    config.agent_socket_users[user.value] = agent.value;
    // The data folder has mode 0700, so no other user would ever get to the socket.
    if (config.agent_socket.starts_with(config.data_dir + "/")) {
      return InvalidSetting(
          user, StrCat("other users cannot enter the data folder; set \"agent_socket\" to "
                       "a path outside of it, such as /run/leasehold/agent.sock"));
    }
  }
  for (const Setting& user : settings.adapter_socket_users) {
    config.adapter_socket_users.push_back(user.value);
    if (config.adapter_socket.starts_with(config.data_dir + "/")) {
      return InvalidSetting(
          user, StrCat("other users cannot enter the data folder; set \"adapter_socket\" "
                       "to a path outside of it, such as /run/leasehold/adapter.sock"));
    }
  }
  return absl::OkStatus();
}

absl::Status ReadNetworks(const Settings& settings, std::vector<Cidr>& out) {
  for (const Setting& setting : settings.broker_client_networks) {
    auto network = ParseCidr(setting.value);
    if (!network.ok()) {
      return InvalidSetting(setting,
                            StrCat("\"", setting.value, "\" ", network.status().message()));
    }
    out.push_back(*network);
  }
  if (out.empty()) {
    for (const char* loopback : {"127.0.0.0/8", "::1/128"}) out.push_back(*ParseCidr(loopback));
  }
  return absl::OkStatus();
}

// As systemd.exec(5) has it: LoadCredential= puts files into a folder that only the service sees.
constexpr char kCredentialFolder[] = "CREDENTIALS_DIRECTORY";
constexpr char kCredentialName[] = "leasehold-root-key";

absl::Status ReadRootKey(const Settings& settings, const ConfigSources& sources, Config& config) {
  const Setting* const setting = FindSetting(settings, "root_key");
  if (setting == nullptr || setting->value == "file") return absl::OkStatus();
  if (setting->value != "credential") {
    return InvalidSetting(*setting, "\"root_key\" is one of file, credential");
  }
  const auto folder = sources.environment.find(kCredentialFolder);
  if (folder == sources.environment.end() || !folder->second.starts_with('/')) {
    return InvalidSetting(*setting, StrCat(kCredentialFolder,
                                           " is not set: the server was not started by systemd, "
                                           "or its unit lacks LoadCredential=",
                                           kCredentialName, ":FILE"));
  }
  config.root_key_credential = StrCat(folder->second, "/", kCredentialName);
  return absl::OkStatus();
}

absl::StatusOr<Config> Check(const Settings& settings, const ConfigSources& sources) {
  Config config;
  ASSIGN_OR_RETURN(config.data_dir, DataDir(settings, sources));
  RETURN_IF_ERROR(ReadRootKey(settings, sources, config));
  RETURN_IF_ERROR(ReadTls(settings, config));
  RETURN_IF_ERROR(ReadAddress(settings, "listen",
                              config.tls.enabled() ? Reach::kAny : Reach::kWithTls, config.listen));
  RETURN_IF_ERROR(ReadAddress(settings, "broker_listen", Reach::kLoopback, config.broker_listen));
  RETURN_IF_ERROR(ReadAddress(settings, "metrics_listen", Reach::kAny, config.metrics_listen));
  config.admin_socket = config.data_dir + "/admin.sock";
  config.revoke_socket = config.data_dir + "/revoke.sock";
  config.agent_socket = config.data_dir + "/agent.sock";
  config.adapter_socket = config.data_dir + "/adapter.sock";
  RETURN_IF_ERROR(ReadSocketPath(settings, "agent_socket", config.agent_socket));
  RETURN_IF_ERROR(ReadSocketPath(settings, "adapter_socket", config.adapter_socket));
  RETURN_IF_ERROR(ReadUsers(settings, config));
  RETURN_IF_ERROR(CheckJwtIssuers(settings, config));
  RETURN_IF_ERROR(ReadNetworks(settings, config.broker_client_networks));
  RETURN_IF_ERROR(ReadLimits(settings, config));
  RETURN_IF_ERROR(ReadLog(settings, config.log));
  if (const Setting* const reason = FindSetting(settings, "revoke_all_at_start");
      reason != nullptr) {
    const auto text = Text::Parse(reason->value, "the reason");
    if (!text.ok()) return InvalidSetting(*reason, ToStd(text.status().message()));
    config.revoke_all_at_start = text->value();
  }
  return config;
}

}  // namespace

ConfigSources ConfigSources::OfProcess(int argc, const char* const* argv) {
  ConfigSources sources;
  for (int i = 1; i < argc; ++i) sources.arguments.emplace_back(argv[i]);
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const size_t equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    sources.environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  sources.is_root = geteuid() == 0;
  return sources;
}

absl::StatusOr<std::variant<Config, PrintAndEnd>> LoadConfig(const ConfigSources& sources,
                                                             const std::string& version) {
  using Result = std::variant<Config, PrintAndEnd>;
  ASSIGN_OR_RETURN(CommandLine command_line, ParseCommandLine(sources.arguments, version));
  if (command_line.print.has_value()) return Result(PrintAndEnd{*std::move(command_line.print)});
  Settings settings =
      Merge(std::move(command_line.settings), SettingsFromEnvironment(sources.environment));
  ASSIGN_OR_RETURN(Settings file, FileSettings(settings, sources));
  settings = Merge(std::move(settings), std::move(file));
  ASSIGN_OR_RETURN(Config config, Check(settings, sources));
  return Result(std::move(config));
}

}  // namespace leasehold
