#ifndef LEASEHOLD_SERVER_CONFIG_CONFIG_FILE_H_
#define LEASEHOLD_SERVER_CONFIG_CONFIG_FILE_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "server/config/settings.h"

namespace leasehold {

// A configuration names a few users and networks; more is a mistaken file.
inline constexpr size_t kConfigBytesMax = 64 * 1024;

// What YAML `text` says; `name` stands in the errors: "leaseholdd.yaml:3:9: unknown key "listn"".
// CONFIG_INVALID for unknown and repeated keys, values of the wrong shape, and bad YAML.
absl::StatusOr<Settings> ParseConfigText(const std::string& text, const std::string& name);

// The same of a file. It says which OS user is which agent, so it has to belong to this process's
// user or root, and nobody else may be able to write to it: else CONFIG_INVALID. NOT_FOUND where it
// does not exist, IO where it cannot be read.
absl::StatusOr<Settings> ReadConfigFile(const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_CONFIG_FILE_H_
