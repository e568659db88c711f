#include "server/config/config_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <cerrno>
#include <cstring>
#include <set>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/config/identity_section.h"
#include "server/config/yaml_walk.h"
#include "server/net/socket/owned_fd.h"

namespace leasehold {
namespace {

constexpr std::string_view kUsers = "agent_socket_users";
constexpr std::string_view kAdapterUsers = "adapter_socket_users";
constexpr std::string_view kNetworks = "broker_client_networks";
constexpr std::string_view kLimits = "limits";
constexpr std::string_view kTls = "tls";
constexpr std::string_view kCrl = "crl";
constexpr std::string_view kIdentity = "identity";

// The keys that may stand behind `prefix`.
std::vector<std::string> KnownKeys(std::string_view prefix) {
  std::vector<std::string> keys;
  for (const SettingKey& key : SettingKeys()) {
    if (!key.in_file || key.key.substr(0, prefix.size()) != prefix) continue;
    const std::string_view rest = key.key.substr(prefix.size());
    if (rest.find('.') == std::string_view::npos) keys.emplace_back(rest);
  }
  return keys;
}

class Reader {
 public:
  explicit Reader(const std::string& name) : walk_(name) {}

  absl::Status Read(const YAML::Node& root) {
    if (root.IsNull()) return absl::OkStatus();  // An empty file, or comments alone.
    if (!root.IsMap()) return walk_.Wrong(root, "the file has to be a list of `key: value`");
    std::vector<std::string> known = KnownKeys("");
    for (const std::string_view key :
         {kUsers, kAdapterUsers, kNetworks, kLimits, kTls, kIdentity}) {
      known.emplace_back(key);
    }
    return walk_.EachKey(root, known, [this](const std::string& key, const YAML::Node& node) {
      if (key == kUsers) return ReadUsers(node);
      if (key == kAdapterUsers) return walk_.ReadList(node, key, settings_.adapter_socket_users);
      if (key == kNetworks) return walk_.ReadList(node, key, settings_.broker_client_networks);
      if (key == kIdentity) return ReadIdentitySection(walk_, node, settings_);
      if (key == kLimits || key == kTls) return ReadGroup(node, key);
      return ReadValue(node, key);
    });
  }

  Settings TakeSettings() { return std::move(settings_); }

 private:
  absl::Status ReadGroup(const YAML::Node& node, const std::string& group) {
    std::vector<std::string> known = KnownKeys(group + ".");
    if (group == kTls) known.emplace_back(kCrl);
    return walk_.EachKey(node, known, [&](const std::string& key, const YAML::Node& value) {
      if (group == kTls && key == kCrl) return walk_.ReadList(value, key, settings_.tls_crls);
      return ReadValue(value, StrCat(group, ".", key));
    });
  }

  absl::Status ReadValue(const YAML::Node& node, const std::string& key) {
    ASSIGN_OR_RETURN(settings_.values[key], walk_.OneValue(node, key));
    return absl::OkStatus();
  }

  absl::Status ReadUsers(const YAML::Node& node) {
    if (!node.IsMap()) {
      return walk_.Wrong(node, StrCat("\"", kUsers, "\" has to be a list of `user: agent`"));
    }
    std::set<std::string> seen;
    for (const auto& pair : node) {
      ASSIGN_OR_RETURN(Setting user, walk_.OneValue(pair.first, kUsers));
      ASSIGN_OR_RETURN(Setting agent, walk_.OneValue(pair.second, kUsers));
      if (!seen.insert(user.value).second) {
        return walk_.Wrong(pair.first, StrCat("a second \"", user.value, "\""));
      }
      settings_.agent_socket_users.emplace_back(std::move(user), std::move(agent));
    }
    return absl::OkStatus();
  }

  const YamlWalk walk_;
  Settings settings_;
};

absl::Status IoError(std::string_view doing, const std::string& path) {
  const int error = errno;
  return Error(
      error == ENOENT ? Reason::kNotFound : Reason::kIo,
      StrCat("cannot ", doing, " the configuration file ", path, ": ", std::strerror(error)));
}

absl::Status CheckFile(int fd, const std::string& path) {
  struct stat file {};
  if (fstat(fd, &file) != 0) return IoError("look at", path);
  if (!S_ISREG(file.st_mode)) {
    return Error(Reason::kConfigInvalid, StrCat(path, " is not a regular file"));
  }
  if (file.st_uid != geteuid() && file.st_uid != 0) {
    return Error(Reason::kConfigInvalid,
                 StrCat(path, " belongs to another user; give it to root or the server's user"));
  }
  if ((file.st_mode & 022) != 0) {
    return Error(Reason::kConfigInvalid,
                 StrCat(path, " can be written by others; run chmod go-w ", path));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Settings> ParseConfigText(const std::string& text, const std::string& name) {
  if (text.size() > kConfigBytesMax) {
    return Error(Reason::kConfigInvalid,
                 StrCat(name, " is larger than ", kConfigBytesMax, " bytes"));
  }
  try {
    Reader reader(name);
    const std::vector<YAML::Node> documents = YAML::LoadAll(text);
    if (documents.size() > 1) {
      return Error(Reason::kConfigInvalid, StrCat(name, " has more than one document"));
    }
    if (!documents.empty()) RETURN_IF_ERROR(reader.Read(documents[0]));
    return reader.TakeSettings();
  } catch (const YAML::Exception& error) {
    return Error(Reason::kConfigInvalid, StrCat(name, ":", error.mark.line + 1, ":",
                                                error.mark.column + 1, ": ", error.msg));
  }
}

absl::StatusOr<Settings> ReadConfigFile(const std::string& path) {
  // O_NONBLOCK: opening a FIFO must not wait for a writer.
  const OwnedFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return IoError("open", path);
  RETURN_IF_ERROR(CheckFile(fd.get(), path));
  std::string text(kConfigBytesMax + 1, '\0');
  size_t size = 0;
  while (size < text.size()) {
    const ssize_t n = read(fd.get(), text.data() + size, text.size() - size);
    if (n < 0) return IoError("read", path);
    if (n == 0) break;
    size += static_cast<size_t>(n);
  }
  text.resize(size);
  return ParseConfigText(text, path);
}

}  // namespace leasehold
