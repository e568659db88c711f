#include <stdlib.h>
#include <unistd.h>

#include <csignal>
#include <iostream>
#include <string>
#include <vector>

#include "client/cli/program.h"
#include "client/cli/server_place.h"
#include "client/cli/terminal/cli_error.h"
#include "server/base/process.h"

int main(int argc, char** argv) {
  // Values and tokens pass through this process: no core dumps, no other process may look.
  if (const absl::Status hardened = leasehold::HardenProcess(); !hardened.ok()) {
    std::cerr << leasehold::ErrorText(hardened);
    return static_cast<int>(leasehold::ExitStatus::kFailure);
  }
  // A closed pipe is an error that is reported, not a silent death.
  std::signal(SIGPIPE, SIG_IGN);
  // gRPC's own lines would stand between ours; what failed comes back as a status.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  std::ios::sync_with_stdio(false);

  leasehold::Console console({.in = &std::cin,
                              .out = &std::cout,
                              .err = &std::cerr,
                              .in_is_terminal = isatty(STDIN_FILENO) == 1,
                              .out_is_terminal = isatty(STDOUT_FILENO) == 1});
  if (leasehold::Environment("NO_COLOR").has_value()) console.set_no_color();
  return leasehold::RunProgram(std::vector<std::string>(argv + 1, argv + argc), &console);
}
