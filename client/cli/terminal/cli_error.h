#ifndef LEASEHOLD_CLIENT_CLI_TERMINAL_CLI_ERROR_H_
#define LEASEHOLD_CLIENT_CLI_TERMINAL_CLI_ERROR_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/cli/terminal/exit_status.h"

namespace leasehold {

// An error with the two things that only a command line has: an exit status and a hint. `message`
// says what is wrong, `hint` what to do about it (may be empty); both without a full stop and
// without a secret. `status` is not kOk.
absl::Status CliError(ExitStatus status, std::string_view message, std::string_view hint = {});

// CliError with kUsage.
absl::Status UsageError(std::string_view message, std::string_view hint = {});

// `error` with this hint in place of the one it had.
absl::Status WithHint(const absl::Status& error, std::string_view hint);

// The exit status of any error of ours: CliError's own, else what the reason says (the one map
// from Reason to exit status), else what the canonical code says.
ExitStatus ExitStatusOf(const absl::Status& error);

// The hint that was given, else what generally helps against this reason; may be empty.
std::string HintOf(const absl::Status& error);

// The lines for stderr: "leasehold: error: ...", and "leasehold: hint: ..." where there is one.
std::string ErrorText(const absl::Status& error);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TERMINAL_CLI_ERROR_H_
