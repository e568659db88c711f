#ifndef LEASEHOLD_CLIENT_CLI_TERMINAL_EXIT_STATUS_H_
#define LEASEHOLD_CLIENT_CLI_TERMINAL_EXIT_STATUS_H_

namespace leasehold {

// What a program that runs `leasehold` learns without reading any text. The numbers are documented
// and never change.
enum class ExitStatus {
  kOk = 0,
  kFailure = 1,           // everything that has no number of its own
  kUsage = 2,             // what was typed, or a file that was given, makes no sense
  kNotFound = 3,          // a name that does not exist
  kNotAuthenticated = 4,  // no credential, or one that proves nothing
  kDenied = 5,            // refused by policy, hold, revocation or role
  kFindings = 6,          // `ledger verify` or `doctor` found something
  kUnavailable = 7,       // nobody answers, or the server cannot do it now
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TERMINAL_EXIT_STATUS_H_
