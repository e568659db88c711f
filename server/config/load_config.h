#ifndef LEASEHOLD_SERVER_CONFIG_LOAD_CONFIG_H_
#define LEASEHOLD_SERVER_CONFIG_LOAD_CONFIG_H_

#include <map>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "server/config/config.h"

namespace leasehold {

// Where settings come from besides files.
struct ConfigSources {
  std::vector<std::string> arguments;              // without the program's name
  std::map<std::string, std::string> environment;  // all of it; others' variables are ignored
  bool is_root = false;                            // chooses the default data folder

  // Of this process.
  static ConfigSources OfProcess(int argc, const char* const* argv);
};

// What --help or --version print to stdout instead of a server.
struct PrintAndEnd {
  std::string text;
};

// Reads flags, environment (LEASEHOLD_*) and the configuration file, in this order of precedence,
// and checks the result. CONFIG_INVALID or IO with one sentence that names the flag, the variable
// or FILE:LINE:COL; main ends with status 2 then.
absl::StatusOr<std::variant<Config, PrintAndEnd>> LoadConfig(const ConfigSources& sources,
                                                             const std::string& version);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_LOAD_CONFIG_H_
