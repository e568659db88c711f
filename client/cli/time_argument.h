#ifndef LEASEHOLD_CLIENT_CLI_TIME_ARGUMENT_H_
#define LEASEHOLD_CLIENT_CLI_TIME_ARGUMENT_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace leasehold {

// Times as people type them after a flag; errors are usage errors that name the flag.

// A point in the past: "30d" (that long before `now`), "today" (local midnight), or RFC 3339.
absl::StatusOr<absl::Time> ParsePast(std::string_view text, std::string_view flag, absl::Time now);

// A point in the future: "90d" (that long after `now`), or RFC 3339.
absl::StatusOr<absl::Time> ParseFuture(std::string_view text, std::string_view flag,
                                       absl::Time now);

// A length of time: "15m", "1h30m", "30d".
absl::StatusOr<absl::Duration> ParseSpan(std::string_view text, std::string_view flag);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TIME_ARGUMENT_H_
