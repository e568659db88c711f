#include "client/files/policy_cases.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

TEST_CASE("a file of cases is read as it is written", "[files]") {
  const auto cases = ParsePolicyCases(R"(version: 1
targets: [targets.yaml, /etc/leasehold/more.yaml]
cases:
- name: triage reads
  agent: triage-bot
  groups: [support]
  user: corp:mia
  user_groups: [staff]
  workflow: triage
  secret: github/pat
  target: github
  method: GET
  path: /repos
  read: true
  time: "2026-03-02T09:00:00+01:00"
  expect: allow
- {name: tools, agent: a, secret: s, target: t, tool: x, args: '{"o": 1}', expect: deny,
   policy: p, rule: "allow[0]", reason: POLICY_DENIED}
- {name: asks, agent: a, secret: s, delivery: brokered, expect: approval}
)",
                                      "folder/cases.yaml");
  INFO(cases.status().message());
  REQUIRE(cases.ok());
  CHECK(cases->target_files ==
        std::vector<std::string>{"folder/targets.yaml", "/etc/leasehold/more.yaml"});
  REQUIRE(cases->cases.size() == 3);
  const PolicyCase& reads = cases->cases[0];
  CHECK(reads.line == 4);
  CHECK(reads.request.agent() == "agents/triage-bot");
  CHECK(reads.request.override_groups());
  CHECK(reads.request.workflow() == "workflows/triage");
  CHECK(reads.request.secret() == "secrets/github/pat");
  CHECK(reads.request.target() == "targets/github");
  CHECK(reads.request.access() == v1::ACCESS_READ);
  CHECK(reads.request.time().seconds() == 1'772'438'400);
  CHECK(reads.expect == ExpectedOutcome::kAllow);
  const PolicyCase& tools = cases->cases[1];
  CHECK(tools.line == 17);
  CHECK(tools.request.arguments_json() == "{\"o\": 1}");
  CHECK_FALSE(tools.request.override_groups());
  CHECK(tools.expect == ExpectedOutcome::kDeny);
  CHECK(tools.policy == "p");
  CHECK(tools.rule == "allow[0]");
  CHECK(tools.reason == "POLICY_DENIED");
  CHECK(cases->cases[2].expect == ExpectedOutcome::kApproval);
}

TEST_CASE("a file of cases that does not say what it means is refused where it stands", "[files]") {
  struct Row {
    const char* body;
    const char* offence;
  };
  const Row row = GENERATE(values<Row>({
      {"", "the file says nothing"},
      {"version: 2\ncases: [{name: a}]\n", ":1:10: version is not 1"},
      {"version: 1\ncases: []\n", ":2:8: cases is empty"},
      {"version: 1\ncases: [{agent: a, secret: s, expect: allow}]\n", ":2:9: "},
      {"version: 1\ncases: [{name: n, secret: s, expect: allow}]\n", "agent"},
      {"version: 1\ncases: [{name: n, agent: a, expect: allow}]\n", "secret"},
      {"version: 1\ncases: [{name: n, agent: a, secret: s}]\n", "expect"},
      {"version: 1\ncases: [{name: n, agent: a, secret: s, expect: maybe}]\n",
       "write allow, deny or approval"},
      {"version: 1\ncases: [{name: n, agent: a, secret: s, expect: deny, resaon: X}]\n", "resaon"},
      {"version: 1\ncases: [{name: n, agent: a, secret: s, expect: deny, reason: NO}]\n",
       "which is none"},
      {"version: 1\ncases: [{name: n, agent: a, secret: s, expect: deny, time: noon}]\n", "noon"},
      {"version: 1\ncases: [{name: n, agent: a, secret: s, expect: deny, read: maybe}]\n",
       "write true or false"},
  }));
  INFO(row.body);
  const auto cases = ParsePolicyCases(row.body, "cases.yaml");
  CHECK(ReasonOf(cases.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(cases.status().message()), Catch::StartsWith("cases.yaml:"));
  CHECK_THAT(std::string(cases.status().message()), Catch::Contains(row.offence));
}

}  // namespace
}  // namespace leasehold
