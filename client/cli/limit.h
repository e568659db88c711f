#ifndef LEASEHOLD_CLIENT_CLI_LIMIT_H_
#define LEASEHOLD_CLIENT_CLI_LIMIT_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"
#include "client/cli/arguments/parser.h"

namespace leasehold {

// --limit N of a list that can be long.
Flag LimitFlag(uint64_t default_limit);

// The value of --limit: how many items at most, 0 = all.
absl::StatusOr<uint64_t> ParseLimit(const Arguments& args, uint64_t default_limit);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LIMIT_H_
