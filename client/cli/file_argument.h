#ifndef LEASEHOLD_CLIENT_CLI_FILE_ARGUMENT_H_
#define LEASEHOLD_CLIENT_CLI_FILE_ARGUMENT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace leasehold {

class PolicyPlaces;
class Session;
namespace v1 {
class PolicySet;
class Target;
}  // namespace v1

// Files that are named after -f; "-" is the standard input. Errors are usage errors, for a file
// that is missing too. Adds where each policy stands to `places`, where that is given.
absl::StatusOr<v1::PolicySet> ReadPolicies(Session& session, const std::string& path,
                                           PolicyPlaces* places = nullptr);
absl::StatusOr<std::vector<v1::Target>> ReadTargets(Session& session, const std::string& path);
absl::StatusOr<std::string> ReadPemFile(const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_FILE_ARGUMENT_H_
