#ifndef LEASEHOLD_CLIENT_FILES_POLICY_FILE_H_
#define LEASEHOLD_CLIENT_FILES_POLICY_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace leasehold::v1 {
class PolicySet;
}

namespace leasehold {

// Policy files, as people review them:
//
//   version: 1
//   policies:
//   - name: triage-reads-github
//     subjects: {agents: [bot, "ci/*"], groups: [support-bots]}
//     workflows: [triage, "triage/**"]
//     secrets: [github/readonly-pat]
//     lease: {ttl: 15m, max_ttl: 1h, delivery: brokered}
//     allow:
//     - {target: github, access: read, methods: [GET], paths: ["/repos/acme/**"]}
//   - name: no-prod-from-sandbox
//     effect: deny
//     subjects: {groups: [sandbox]}
//     secrets: ["prod/**"]
//
// Form is judged here; what a pattern or a name may be and every limit is the server's to say.

// INVALID_ARGUMENT "FILE:LINE:COL: sentence" for what ParseYaml refuses, an unknown key, a missing
// one, a wrong type or value, and for sections of the policy language that this version does not
// enforce. `file` is the name to show.
absl::StatusOr<v1::PolicySet> ParsePolicies(std::string_view text, std::string_view file);

// Reads and parses a file. Beside the above: NOT_FOUND, IO.
absl::StatusOr<v1::PolicySet> ReadPolicyFile(const std::string& path);

// The file that ParsePolicies reads as `set`. What a file cannot say (an enumeration's number of a
// later version, a negative duration) is written so that ParsePolicies refuses it.
std::string DumpPolicySet(const v1::PolicySet& set);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_POLICY_FILE_H_
