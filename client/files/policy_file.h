#ifndef LEASEHOLD_CLIENT_FILES_POLICY_FILE_H_
#define LEASEHOLD_CLIENT_FILES_POLICY_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace leasehold::v1 {
class PolicySet;
}

namespace leasehold {

class PolicyPlaces;

// Policy files, as people review them:
//
//   version: 1
//   policies:
//   - name: triage-reads-github
//     mode: observe                         # ends at observe_until, by itself
//     subjects: {agents: [bot, "ci/*"], groups: [support-bots],
//                on_behalf_of: {users: ["corp:*"], groups: [staff]}}
//     workflows: [triage, "triage/**"]
//     secrets: [github/readonly-pat]
//     when: [{days: [mon, fri], start: "08:00", end: "18:00", zone: Europe/Berlin}]
//     lease: {ttl: 15m, max_ttl: 1h, delivery: brokered, max_active: 5, binding: identity}
//     approval: {approvers: 2, group: oncall, valid_for: 1h, uses: 1, expires: 24h}
//     allow:
//     - {target: github, access: read, methods: [GET], paths: ["/repos/acme/**"]}
//     - {target: gh-mcp, tools: [{name: get_issue, args: {/owner: {equals: acme}}}]}
//     limits: [{by: agent, max: 60, per: 1m}, {by: secret, max: 1000, per: 24h}]
//   - name: no-prod-from-sandbox
//     effect: deny
//     subjects: {groups: [sandbox]}
//     secrets: ["prod/**"]
//
// Form is judged here; what a pattern or a name may be and every limit is the server's to say.

// INVALID_ARGUMENT "FILE:LINE:COL: sentence" for what ParseYaml refuses, an unknown key, a missing
// one, a wrong type or value. `file` is the name to show. Adds where each policy stands to
// `places`, where that is given.
absl::StatusOr<v1::PolicySet> ParsePolicies(std::string_view text, std::string_view file,
                                            PolicyPlaces* places = nullptr);

// Reads and parses a file. Beside the above: NOT_FOUND, IO.
absl::StatusOr<v1::PolicySet> ReadPolicyFile(const std::string& path,
                                             PolicyPlaces* places = nullptr);

// The file that ParsePolicies reads as `set`. What a file cannot say (an enumeration's number of a
// later version, a negative duration) is written so that ParsePolicies refuses it.
std::string DumpPolicySet(const v1::PolicySet& set);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_POLICY_FILE_H_
