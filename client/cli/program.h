#ifndef LEASEHOLD_CLIENT_CLI_PROGRAM_H_
#define LEASEHOLD_CLIENT_CLI_PROGRAM_H_

#include <string>
#include <vector>

#include "client/cli/terminal/console.h"

namespace leasehold {

// `leasehold` as a function: parses `arguments` (without the program's name), runs the command and
// writes its answer or error. What it returns is the process's exit status.
int RunProgram(const std::vector<std::string>& arguments, Console* console);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_PROGRAM_H_
