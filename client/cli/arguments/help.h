#ifndef LEASEHOLD_CLIENT_CLI_ARGUMENTS_HELP_H_
#define LEASEHOLD_CLIENT_CLI_ARGUMENTS_HELP_H_

#include <string>
#include <vector>

#include "client/cli/arguments/command.h"

namespace leasehold {

// What `--help` prints for the last command of `path`: usage first, then what it does, its
// commands, arguments and flags, those that every command has, and examples last.
std::string HelpText(const std::vector<const Command*>& path);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_ARGUMENTS_HELP_H_
