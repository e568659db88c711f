#ifndef LEASEHOLD_CLIENT_CLI_VERIFY_TEXT_H_
#define LEASEHOLD_CLIENT_CLI_VERIFY_TEXT_H_

#include <string>

#include "client/cli/terminal/console.h"
#include "client/cli/terminal/json_value.h"
#include "server/ledger/verify/verify.h"

namespace leasehold {

// What `ledger verify` says: a line a finding, then what was looked at, the outcome first.
std::string VerifyReportText(const Console& console, const VerifyReport& report);
Json VerifyReportJson(const VerifyReport& report);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_VERIFY_TEXT_H_
