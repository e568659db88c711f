#ifndef LEASEHOLD_SERVER_CONFIG_COMMAND_LINE_H_
#define LEASEHOLD_SERVER_CONFIG_COMMAND_LINE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/settings.h"

namespace leasehold {

struct CommandLine {
  Settings settings;
  // What --help or --version want printed to stdout instead of a server.
  std::optional<std::string> print;
};

// `arguments` without the program's name. CONFIG_INVALID says which argument is wrong.
absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments,
                                             const std::string& version);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_COMMAND_LINE_H_
