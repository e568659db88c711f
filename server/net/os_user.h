#ifndef LEASEHOLD_SERVER_NET_OS_USER_H_
#define LEASEHOLD_SERVER_NET_OS_USER_H_

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"

namespace leasehold {

// The number of an OS user by name or by number ("1000"; it need not have a name then).
// CONFIG_INVALID where there is no such user. Blocks: it may ask a directory service.
absl::StatusOr<uid_t> FindOsUser(const std::string& user);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_OS_USER_H_
