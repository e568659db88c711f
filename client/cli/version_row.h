#ifndef LEASEHOLD_CLIENT_CLI_VERSION_ROW_H_
#define LEASEHOLD_CLIENT_CLI_VERSION_ROW_H_

#include <string>
#include <vector>

#include "client/cli/terminal/json_value.h"

namespace leasehold {

namespace v1 {
class Version;
}  // namespace v1

// Versions of a secret as `secret show` and `secret version list` print them.
std::string VersionsText(const std::vector<v1::Version>& versions);
Json VersionsJson(const std::vector<v1::Version>& versions);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_VERSION_ROW_H_
