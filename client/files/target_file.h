#ifndef LEASEHOLD_CLIENT_FILES_TARGET_FILE_H_
#define LEASEHOLD_CLIENT_FILES_TARGET_FILE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace leasehold::v1 {
class Target;
}

namespace leasehold {

// Target files:
//
//   version: 1                          # may be left out
//   targets:
//   - name: github
//     description: the company's organisation
//     base_url: https://api.github.com
//     secrets: [github/readonly-pat]
//     inject: {header: Authorization, template: "Bearer {value}"}
//     # or inject: {basic: {user_field: user, password_field: password}}, or {basic: {}}
//     read: {methods: [GET, HEAD], paths: ["/**"], tools: ["get_*"]}
//     allow_cidrs: ["127.0.0.0/8"]
//     timeout: 30s
//     record: rule                      # or path: what the ledger keeps of a use
//     ca_file: authority.pem            # beside this file, unless it starts with '/'
//
// Form is judged here; what a name, URL or network may be is the server's to say.

// At least one target, named `targets/{id}`. INVALID_ARGUMENT "FILE:LINE:COL: sentence" as
// ParsePolicies has it, also for a ca_file that cannot be read. `file` is the name to show, and
// its folder is where a relative ca_file lies.
absl::StatusOr<std::vector<v1::Target>> ParseTargets(std::string_view text, std::string_view file);

// Reads and parses a file. Beside the above: NOT_FOUND, IO.
absl::StatusOr<std::vector<v1::Target>> ReadTargetFile(const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_TARGET_FILE_H_
