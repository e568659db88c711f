#ifndef LEASEHOLD_CLIENT_FILES_POLICY_CASES_H_
#define LEASEHOLD_CLIENT_FILES_POLICY_CASES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "leasehold/v1/policy.pb.h"

namespace leasehold {

// Files of cases that policies must decide as written:
//
//   version: 1
//   targets: [targets.yaml]             # beside this file; says what is a read
//   cases:
//   - name: triage may read issues
//     agent: triage-bot
//     groups: [support-bots]            # of the agent
//     user: corp:mia                    # on whose behalf
//     user_groups: [staff]
//     workflow: triage                  # default: default
//     secret: github/readonly-pat
//     target: github                    # left out: only the lease
//     method: GET
//     path: /repos/acme/x/issues
//     read: true                        # instead of what the target says
//     time: "2026-03-02T09:00:00Z"
//     expect: allow                     # or deny, or approval
//   - {name: no other owner, agent: a, secret: s, target: gh-mcp, tool: get_issue,
//      args: '{"owner": "evil"}', expect: deny, policy: p, rule: "allow[0]", reason: POLICY_DENIED}

enum class ExpectedOutcome { kAllow, kDeny, kApproval };

struct PolicyCase {
  std::string name;
  int line = 1;
  v1::ExplainDecisionRequest request;  // with override_groups where groups are named
  ExpectedOutcome expect = ExpectedOutcome::kAllow;
  // Empty where the case leaves it open.
  std::string policy;
  std::string rule;
  std::string reason;
};

struct PolicyCases {
  std::vector<std::string> target_files;  // paths, beside the file of cases where relative
  std::vector<PolicyCase> cases;
};

// At least one case. INVALID_ARGUMENT "FILE:LINE:COL: sentence" as ParsePolicies has it. `file` is
// the name to show, and its folder is where relative target files lie.
absl::StatusOr<PolicyCases> ParsePolicyCases(std::string_view text, std::string_view file);

// Reads and parses a file. Beside the above: NOT_FOUND, IO.
absl::StatusOr<PolicyCases> ReadPolicyCases(const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_POLICY_CASES_H_
