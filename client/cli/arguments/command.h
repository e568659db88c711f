#ifndef LEASEHOLD_CLIENT_CLI_ARGUMENTS_COMMAND_H_
#define LEASEHOLD_CLIENT_CLI_ARGUMENTS_COMMAND_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/terminal/exit_status.h"

namespace leasehold {

class Session;

// Every member has an initializer, so that a declaration names only what it sets.

// One flag. `value` names what follows it ("NAME", "FILE"); a flag without one is a switch.
struct Flag {
  std::string name{};   // without dashes
  std::string value{};  // empty = switch
  std::string help{};
  char letter = 0;  // 'o' for -o; 0 = none
  bool repeats = false;
  bool required = false;
};

// One argument that is no flag, or several of a kind at the end.
struct Positional {
  enum class Count { kOne, kOptional, kAny, kAtLeastOne };
  std::string name{};  // "NAME"
  std::string help{};
  Count count = Count::kOne;
};

// What people try in vain, and the hint that leads them on.
struct Instead {
  std::string typed{};  // "get", or a flag as "--value"
  std::string hint{};
};

// A command, or a word with commands below it, or both (`agent token`). The tree of commands is
// data: the parser, the help, the completion of typing errors and the tests read it, and no
// command parses anything by itself.
struct Command {
  std::string name{};
  // One line for the list of commands; lower case, no full stop.
  std::string summary{};
  // What a person needs to know beyond the flags; may be empty. Lines as they shall appear.
  std::string details{};
  std::vector<Positional> positionals{};
  std::vector<Flag> flags{};
  // Shell lines that run as they stand.
  std::vector<std::string> examples{};
  // Empty where only the commands below can be run.
  std::function<absl::StatusOr<ExitStatus>(Session&)> run{};
  // Words that are no command below, and flags that are none here, with a hint of their own.
  std::vector<Instead> instead{};
  // The hint where there is one argument too many; empty = the help.
  std::string surplus_hint{};
  // What is typed too much here may be a secret value: no error repeats it.
  bool surplus_is_secret = false;
  std::vector<Command> commands{};
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_ARGUMENTS_COMMAND_H_
