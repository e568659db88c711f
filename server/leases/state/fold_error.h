#ifndef LEASEHOLD_SERVER_LEASES_STATE_FOLD_ERROR_H_
#define LEASEHOLD_SERVER_LEASES_STATE_FOLD_ERROR_H_

#include <string_view>

#include "absl/status/status.h"
#include "server/base/ids.h"

namespace leasehold {

// kLedgerViolation: "entry 17 <what>".
absl::Status FoldError(LogIndex index, std::string_view what);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_FOLD_ERROR_H_
