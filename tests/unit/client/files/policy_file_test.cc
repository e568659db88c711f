#include "client/files/policy_file.h"

#include <google/protobuf/text_format.h>
#include <google/protobuf/util/message_differencer.h>

#include <catch2/catch.hpp>
#include <string>

#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/unit/client/files/temporary_folder.h"

namespace leasehold {
namespace {

const char* const kGood = R"(version: 1
policies:
- name: triage-reads-github
  mode: enforce
  subjects: {groups: [support-bots], agents: ["ci/*"]}
  workflows: [triage, "triage/**"]
  secrets: [github/readonly-pat]
  lease: {ttl: 15m, max_ttl: 1h30m, delivery: brokered, binding: identity}
  allow:
  - {target: github, access: read, methods: [GET], paths: ["/repos/acme/**"]}
  - target: gitlab     # every method and path
    access: write
- name: no-prod-from-sandbox
  effect: deny
  subjects: {groups: [sandbox]}
  secrets: ["prod/**"]
- {name: humans, effect: allow, subjects: {agents: [a]}, secrets: [s], lease: {delivery: revealed}}
)";

const char* const kMessage = R"(
  policies { name: "triage-reads-github" subjects { groups: "support-bots" agents: "ci/*" }
    workflows: ["triage", "triage/**"] secrets: "github/readonly-pat"
    lease { ttl { seconds: 900 } max_ttl { seconds: 5400 } delivery: DELIVERY_BROKERED }
    allow { target: "github" access: ACCESS_READ methods: "GET" paths: "/repos/acme/**" }
    allow { target: "gitlab" access: ACCESS_WRITE } }
  policies { name: "no-prod-from-sandbox" effect: EFFECT_DENY subjects { groups: "sandbox" }
    secrets: "prod/**" }
  policies { name: "humans" effect: EFFECT_ALLOW subjects { agents: "a" } secrets: "s"
    lease { delivery: DELIVERY_REVEALED } })";

void CheckIsMessage(const v1::PolicySet& set) {
  v1::PolicySet expected;
  REQUIRE(google::protobuf::TextFormat::ParseFromString(kMessage, &expected));
  INFO(set.DebugString());
  CHECK(google::protobuf::util::MessageDifferencer::Equals(set, expected));
}

TEST_CASE("a policy file becomes the message that it says", "[files][policy]") {
  const auto set = ParsePolicies(kGood, "p.yaml");
  INFO(set.status().message());
  REQUIRE(set.ok());
  CheckIsMessage(*set);
}

TEST_CASE("a policy file is read from disk", "[files][policy]") {
  const TemporaryFolder folder;
  const auto set = ReadPolicyFile(folder.Write("p.yaml", kGood));
  REQUIRE(set.ok());
  CheckIsMessage(*set);
  CHECK(ReasonOf(ReadPolicyFile(folder.Path("none.yaml")).status()) == Reason::kNotFound);
  const std::string bad = folder.Write("bad.yaml", "version: 2\npolicies: []\n");
  CHECK_THAT(std::string(ReadPolicyFile(bad).status().message()),
             Catch::StartsWith(bad + ":1:10: "));
}

TEST_CASE("no policies are said by an empty list", "[files][policy]") {
  const auto set = ParsePolicies("version: 1\npolicies: []\n", "p.yaml");
  REQUIRE(set.ok());
  CHECK(set->policies().empty());
}

void CheckRefused(const std::string& text, const std::string& message) {
  INFO(text);
  const auto set = ParsePolicies(text, "p.yaml");
  REQUIRE(ReasonOf(set.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(set.status().message()),
             Catch::StartsWith("p.yaml:") && Catch::Contains(message));
}

TEST_CASE("what is wrong with a file is said with its place", "[files][policy]") {
  struct Row {
    const char* text;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"", "p.yaml:1:1: the file says nothing"},
      {"- a\n", "the file is not a map"},
      {"policies: []\n", "the file has no `version`"},
      {"version: 2\npolicies: []\n", "p.yaml:1:10: version is not 1"},
      {"version: \"1.0\"\npolicies: []\n", "version is not 1"},
      {"version: [1]\npolicies: []\n", "version is a list or map"},
      {"version: 1\n", "the file has no `policies`"},
      {"version: 1\npolicies:\n", "policies is not a list"},
      {"version: 1\npolicies: {}\n", "policies is not a list"},
      {"version: 1\npolicies: []\nrules: []\n",
       "p.yaml:3:1: the file has no key `rules`; its keys are version, policies"},
      {"version: 1\npolicies: [a]\n", "p.yaml:2:12: policy is not a map"},
      {"version: 1\npolicies: [~]\n", "policy is not a map"},
      {"version: 1\nversion: 1\n", "p.yaml:2:1: key `version` stands here twice"},
      {"version: 1\npolicies:\n- &a {name: a}\n- *a\n", "anchor"},
      {"version: 1\npolicies:\n\t- name: a\n", "p.yaml:3:1: a tab indents"},
  }));
  CheckRefused(row.text, row.message);
}

// A policy whose other keys are right.
std::string Whole(const std::string& line) {
  return StrCat("version: 1\npolicies:\n- name: a\n  subjects: {agents: [a]}\n  secrets: [s]\n  ",
                line, "\n");
}

TEST_CASE("what is wrong with a policy is said with its place", "[files][policy]") {
  struct Row {
    const char* line;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"secret: [s]", "p.yaml:6:3: policy has no key `secret`; its keys are name"},
      {"workflows: triage", "p.yaml:6:14: workflows is not a list"},
      {"workflows: []", "workflows is an empty list"},
      {"workflows: [[a]]", "an item of workflows is a list or map"},
      {"workflows: {a: b}", "workflows is not a list"},
      {"effect: DENY", "p.yaml:6:11: effect is `DENY`; write allow or deny"},
      {"effect: [deny]", "effect is a list or map"},
      {"effect:", "effect has no value"},
      {"lease: 15m", "lease is not a map"},
      {"lease: {ttl: 15}", "p.yaml:6:16: ttl is not a duration; write for example"},
      {"lease: {ttl: 15m, max_ttl: forever}", "max_ttl is not a duration"},
      {"lease: {ttl: [15m]}", "ttl is a list or map"},
      {"lease: {delivery: BROKERED}", "delivery is `BROKERED`; write brokered or revealed"},
      {"lease: {tll: 15m}", "lease has no key `tll`; its keys are ttl, max_ttl, delivery, binding"},
      {"allow: {target: t}", "allow is not a list"},
      {"allow: [{}]", "an item of allow has no `target`"},
      {"allow: [t]", "an item of allow is not a map"},
      {"allow: [{target: t, access: all}]", "access is `all`; write read or write"},
      {"allow: [{target: t, methods: GET}]", "methods is not a list"},
      {"allow: [{target: t, methods: []}]", "methods is an empty list"},
      {"allow: [{target: t, path: [/]}]", "an item of allow has no key `path`"},
  }));
  CheckRefused(Whole(row.line), row.message);
}

TEST_CASE("a policy names itself, its subjects and its secrets", "[files][policy]") {
  CheckRefused("version: 1\npolicies:\n- {subjects: {agents: [a]}, secrets: [s]}\n",
               "p.yaml:3:3: policy has no `name`");
  CheckRefused("version: 1\npolicies:\n- {name: a, secrets: [s]}\n", "policy has no `subjects`");
  CheckRefused("version: 1\npolicies:\n- {name: a, subjects: {agents: [a]}}\n",
               "policy has no `secrets`");
}

TEST_CASE("what this version does not enforce is refused, not ignored", "[files][policy]") {
  struct Row {
    const char* line;
    const char* quoted;
  };
  const Row row = GENERATE(values<Row>({
      {"mode: observe", "`mode: observe`"},
      {"limits: [{by: agent, max: 60, per: 1m}]", "`limits`"},
      {"approval: {by: [security]}", "`approval`"},
      {"hours: []", "`hours`"},
      {"lease: {max_active: 5}", "`max_active`"},
      {"lease: {binding: certificate}", "`binding: certificate`"},
      {"allow: [{target: t, tools: [{name: x}]}]", "`tools`"},
      {"allow: [{target: t, operations: [x]}]", "`operations`"},
      {"allow: [{target: t, statements: [x]}]", "`statements`"},
  }));
  CheckRefused(
      Whole(row.line),
      StrCat(row.quoted, " is not enforced by this version, so it is refused rather than ignored"));
}

TEST_CASE("subjects that this version cannot see are refused", "[files][policy]") {
  CheckRefused("version: 1\npolicies:\n- {name: a, secrets: [s], subjects: {on_behalf_of: [x]}}\n",
               "`on_behalf_of` is not enforced by this version");
}

}  // namespace
}  // namespace leasehold
