#include "client/cli/server_place.h"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "client/cli/terminal/cli_error.h"
#include "google/protobuf/struct.pb.h"
#include "google/protobuf/util/json_util.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"

namespace leasehold {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::string_view kAdminSocket = "/admin.sock";
constexpr std::string_view kDefaultPort = "127.0.0.1:8640";

bool IsSocket(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISSOCK(info.st_mode);
}

// Whether "host:port" names this machine. Names other than localhost are not resolved: what they
// mean is up to somebody else.
bool IsLoopback(const std::string& address) {
  const std::string host = address.substr(0, address.rfind(':'));
  in_addr ipv4{};
  if (inet_pton(AF_INET, host.c_str(), &ipv4) == 1) return ntohl(ipv4.s_addr) >> 24 == 127;
  return host == "localhost" || host == "[::1]";
}

std::string HomeFolder() { return Environment("HOME").value_or("/"); }

}  // namespace

std::optional<std::string> Environment(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0') return std::nullopt;
  return std::string(value);
}

std::string DataFolder(const std::optional<std::string>& flag) {
  if (flag.has_value()) return *flag;
  if (auto folder = Environment("LEASEHOLD_DATA_DIR")) return *std::move(folder);
  if (geteuid() == 0) return "/var/lib/leasehold";
  return Environment("XDG_DATA_HOME").value_or(HomeFolder() + "/.local/share") + "/leasehold";
}

absl::Status CheckDataFolder(const std::string& folder) {
  struct stat info {};
  if (stat(folder.c_str(), &info) == 0 || errno != ENOENT) return absl::OkStatus();
  return CliError(ExitStatus::kUnavailable, StrCat("the data folder ", folder, " does not exist"),
                  "name the server's with --data-dir or LEASEHOLD_DATA_DIR, or make one with "
                  "`leasehold server init`");
}

std::optional<LocalEndpoints> ReadEndpoints(const std::string& data_folder) {
  const std::ifstream file(data_folder + "/endpoints.json");
  if (!file) return std::nullopt;
  std::stringstream text;
  text << file.rdbuf();
  google::protobuf::Struct fields;
  if (!google::protobuf::util::JsonStringToMessage(text.str(), &fields).ok()) return std::nullopt;
  const auto field = [&fields](const char* name) -> std::string {
    const auto found = fields.fields().find(name);
    return found == fields.fields().end() ? "" : found->second.string_value();
  };
  LocalEndpoints endpoints{
      .grpc = field("grpc"), .broker = field("broker"), .metrics = field("metrics"), .pid = 0};
  const auto pid = fields.fields().find("pid");
  if (pid != fields.fields().end() && pid->second.number_value() > 0) {
    endpoints.pid = static_cast<uint64_t>(pid->second.number_value());
  }
  return endpoints;
}

absl::StatusOr<std::string> AgentToken() {
  std::string token;
  std::string_view from = "LEASEHOLD_TOKEN";
  if (auto value = Environment("LEASEHOLD_TOKEN")) {
    token = *std::move(value);
  } else if (const auto path = Environment("LEASEHOLD_TOKEN_FILE")) {
    from = "LEASEHOLD_TOKEN_FILE";
    std::ifstream file(*path);
    if (!std::getline(file, token)) {
      return CliError(ExitStatus::kNotAuthenticated,
                      StrCat("the file '", *path, "' of LEASEHOLD_TOKEN_FILE cannot be read"),
                      "it holds one line, the agent token (lha_...)");
    }
  } else {
    return token;
  }
  // A JSON Web Token is the server's to judge, and so is a session that somebody exported.
  if (std::count(token.begin(), token.end(), '.') == 2 ||
      UnframeToken(TokenKind::kOperatorSession, token).ok()) {
    return token;
  }
  const auto body = UnframeToken(TokenKind::kAgentToken, token);
  if (body.ok()) return token;
  return CliError(ExitStatus::kNotAuthenticated,
                  StrCat(from, " does not hold an agent token: ", body.status().message()),
                  "agent tokens begin with lha_; an operator makes one with `leasehold agent token "
                  "NAME`");
}

absl::StatusOr<std::string> ServerAddress(const std::optional<std::string>& flag,
                                          const std::string& data_folder, CallerHas has) {
  const auto given = flag.has_value() ? flag : Environment("LEASEHOLD_SERVER");
  if (!given.has_value()) {
    if (!has.token) return StrCat(kUnixPrefix, data_folder, kAdminSocket);
    const auto endpoints = ReadEndpoints(data_folder);
    const bool says = endpoints.has_value() && !endpoints->grpc.empty();
    return says ? endpoints->grpc : std::string(kDefaultPort);
  }
  if (given->starts_with(kUnixPrefix)) return *given;
  if (given->starts_with('/')) return StrCat(kUnixPrefix, *given);
  if (given->find(':') == std::string::npos || given->find("//") != std::string::npos) {
    return UsageError(StrCat("'", *given, "' is no server address"),
                      "write unix:/path/to/admin.sock or 127.0.0.1:8640");
  }
  if (has.tls || IsLoopback(*given)) return *given;
  return UsageError(StrCat("'", *given, "' is not on this machine, so it needs TLS"),
                    "name the authorities of its certificate with --tls-ca or LEASEHOLD_TLS_CA");
}

std::string RevocationAddress(const std::string& address) {
  if (!address.starts_with(kUnixPrefix) || !address.ends_with(kAdminSocket)) return address;
  const std::string folder =
      address.substr(kUnixPrefix.size(), address.size() - kUnixPrefix.size() - kAdminSocket.size());
  const std::string socket = folder + "/revoke.sock";
  return IsSocket(socket) ? StrCat(kUnixPrefix, socket) : address;
}

}  // namespace leasehold
