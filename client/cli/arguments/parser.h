#ifndef LEASEHOLD_CLIENT_CLI_ARGUMENTS_PARSER_H_
#define LEASEHOLD_CLIENT_CLI_ARGUMENTS_PARSER_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"

namespace leasehold {

// What was typed after a command, checked against its declaration.
class Arguments {
 public:
  // Whether the flag was given.
  bool Has(std::string_view flag) const;
  // The value of a flag, nullopt where it was not given. Of a flag that repeats the last.
  std::optional<std::string> Get(std::string_view flag) const;
  // All values of a flag that repeats, in order.
  const std::vector<std::string>& All(std::string_view flag) const;
  // Everything that is no flag, in order; as many as the declaration allows.
  const std::vector<std::string>& positionals() const { return positionals_; }

 private:
  friend class ArgumentParser;
  absl::flat_hash_map<std::string, std::vector<std::string>> flags_;
  std::vector<std::string> positionals_;
};

// A command line taken apart.
struct Parsed {
  // From the root to the command that was named; never empty.
  std::vector<const Command*> path;
  Arguments arguments;
  bool help = false;
};

// Takes `arguments` (without the program's own name) apart. Flags may stand anywhere after the
// command that declares them; those of `root` after any. `--flag=value` and `--flag value` are the
// same, `--` ends the flags. `-h` and `--help` are known everywhere; with them nothing else has to
// be complete.
//
// Written by hand and not with CLI11: an error shall quote what was typed and name the near
// command or flag, and the tree shall be data that tests can walk.
absl::StatusOr<Parsed> Parse(const Command& root, const std::vector<std::string>& arguments);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_ARGUMENTS_PARSER_H_
