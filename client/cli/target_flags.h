#ifndef LEASEHOLD_CLIENT_CLI_TARGET_FLAGS_H_
#define LEASEHOLD_CLIENT_CLI_TARGET_FLAGS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"
#include "client/cli/arguments/parser.h"

namespace leasehold {

namespace v1 {
class Target;
}  // namespace v1

// The flags that describe a target on the command line, each as the key of a target file.
std::vector<Flag> TargetFlags();

// The target `name` ("targets/{id}") as the flags describe it.
absl::StatusOr<v1::Target> TargetFromFlags(const Arguments& args, const std::string& name);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TARGET_FLAGS_H_
