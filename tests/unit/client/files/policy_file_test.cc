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
- name: everything-else
  mode: observe
  observe_until: 2030-12-31T23:59:59.5Z
  subjects: {agents: [a], on_behalf_of: {users: ["corp:*"], groups: [staff]}}
  secrets: [s]
  when: [{days: [mon, fri], start: "08:00", end: "18:00", zone: Europe/Berlin}, {zone: UTC}]
  lease: {max_active: 5, binding: os_user}
  approval: {approvers: 2, group: oncall, valid_for: 1h, uses: 3, expires: 1d}
  limits: [{by: agent, max: 60, per: 1m}, {by: policy, max: 1000, per: 1d}]
  allow:
  - target: gh-mcp
    tools:
    - {name: get_issue, args: {/owner: {equals: acme}, /n: {one_of: [1, "2"]}}}
    - {name: "list_*", args: {"": {prefix: a}, /b: {matches: "x+"}}}
)";

const char* const kMessage = R"(
  policies { name: "triage-reads-github" mode: MODE_ENFORCE subjects { groups: "support-bots" agents: "ci/*" }
    workflows: ["triage", "triage/**"] secrets: "github/readonly-pat"
    lease { ttl { seconds: 900 } max_ttl { seconds: 5400 } delivery: DELIVERY_BROKERED
      binding: BINDING_IDENTITY }
    allow { target: "github" access: ACCESS_READ methods: "GET" paths: "/repos/acme/**" }
    allow { target: "gitlab" access: ACCESS_WRITE } }
  policies { name: "no-prod-from-sandbox" effect: EFFECT_DENY subjects { groups: "sandbox" }
    secrets: "prod/**" }
  policies { name: "humans" effect: EFFECT_ALLOW subjects { agents: "a" } secrets: "s"
    lease { delivery: DELIVERY_REVEALED } }
  policies { name: "everything-else" mode: MODE_OBSERVE
    observe_until { seconds: 1924991999 nanos: 500000000 }
    subjects { agents: "a" on_behalf_of { users: "corp:*" groups: "staff" } } secrets: "s"
    when { days: ["mon", "fri"] start: "08:00" end: "18:00" zone: "Europe/Berlin" }
    when { zone: "UTC" }
    lease { max_active: 5 binding: BINDING_OS_USER }
    approval { approvers: 2 group: "oncall" valid_for { seconds: 3600 } uses: 3
      expires { seconds: 86400 } }
    limits { by: BY_AGENT max: 60 per { seconds: 60 } }
    limits { by: BY_POLICY max: 1000 per { seconds: 86400 } }
    allow { target: "gh-mcp"
      tools { name: "get_issue" args { key: "/owner" value { equals: "acme" } }
        args { key: "/n" value { one_of: ["1", "2"] } } }
      tools { name: "list_*" args { key: "" value { prefix: "a" } }
        args { key: "/b" value { matches: "x+" } } } } })";

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
      {"lease: {tll: 15m}", "lease has no key `tll`; its keys are ttl, max_ttl"},
      {"lease: {max_active: 0}", "p.yaml:6:23: max_active is `0`; write a number from 1 to"},
      {"lease: {max_active: 1e3}", "max_active is `1e3`; write a number from 1 to"},
      {"lease: {max_active: -1}", "max_active is `-1`; write a number from 1 to"},
      {"lease: {max_active: 4294967296}", "max_active is `4294967296`; write a number from 1 to"},
      {"lease: {binding: cert}", "binding is `cert`; write identity, certificate or os_user"},
      {"mode: audit", "mode is `audit`; write enforce or observe"},
      {"observe_until: tomorrow", "observe_until is `tomorrow`; write a time such as"},
      {"observe_until: 2030-12-31", "observe_until is `2030-12-31`; write a time such as"},
      {"observe_until: infinite-future", "write a time such as"},
      {"limits: {by: agent}", "limits is not a list; write one limit an item"},
      {"limits: [{by: agent, max: 1}]", "p.yaml:6:12: an item of limits has no `per`"},
      {"limits: [{max: 1, per: 1m}]", "an item of limits has no `by`"},
      {"limits: [{by: all, max: 1, per: 1m}]", "by is `all`; write agent, secret, workflow, user"},
      {"limits: [{by: agent, max: many, per: 1m}]", "max is `many`; write a number from 1 to"},
      {"limits: [{by: agent, max: 1, per: 60}]", "per is not a duration"},
      {"approval: [oncall]", "approval is not a map"},
      {"approval: {approvers: 1}", "approval has no `group`"},
      {"approval: {group: g, by: x}", "approval has no key `by`; its keys are approvers, group"},
      {"when: {zone: UTC}", "when is not a list; write one window an item"},
      {"when: [{start: \"08:00\"}]", "an item of when has no `zone`"},
      {"when: [{zone: UTC, hours: 8-18}]", "an item of when has no key `hours`"},
      {"allow: [{target: t, tools: [get_issue]}]", "an item of tools is not a map"},
      {"allow: [{target: t, tools: [{args: {}}]}]", "an item of tools has no `name`"},
      {"allow: [{target: t, tools: [{name: x, args: [/a]}]}]", "args is not a map"},
      {"allow: [{target: t, tools: [{name: x, args: {/a: b}}]}]",
       "p.yaml:6:52: a condition of args is not a map"},
      {"allow: [{target: t, tools: [{name: x, args: {/a: {like: b}}}]}]",
       "a condition of args has no key `like`; its keys are equals, one_of, prefix, matches"},
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
      {"lease: {max_uses: 5}", "`max_uses`"},
      {"allow: [{target: t, operations: [x]}]", "`operations`"},
      {"allow: [{target: t, statements: [x]}]", "`statements`"},
  }));
  CheckRefused(
      Whole(row.line),
      StrCat(row.quoted, " is not enforced by this version, so it is refused rather than ignored"));
}

TEST_CASE("users are a map of lists", "[files][policy]") {
  const auto with = [](const std::string& users) {
    return StrCat("version: 1\npolicies:\n- {name: a, secrets: [s], subjects: {agents: [a], ",
                  "on_behalf_of: ", users, "}}\n");
  };
  CheckRefused(with("[x]"), "on_behalf_of is not a map");
  CheckRefused(with("{users: x}"), "users is not a list");
  CheckRefused(with("{people: [x]}"),
               "p.yaml:3:66: on_behalf_of has no key `people`; its keys are users, groups");
}

// Files that are made to hurt. Each is refused with one sentence, and soon.
TEST_CASE("a file that is made to hurt is refused", "[files][policy]") {
  SECTION("nested ten thousand deep") {
    CheckRefused(StrCat("version: 1\npolicies: ", std::string(10'000, '['), "\n"),
                 "this is nested deeper than 32 levels");
    CheckRefused(StrCat("version: 1\npolicies: ", std::string(10'000, '{'), "\n"), "");
    std::string deep = "version: 1\npolicies:\n";
    for (int i = 0; i < 500; ++i) deep += std::string(static_cast<size_t>(3 * i), ' ') + "- a:\n";
    CheckRefused(deep, "this is nested deeper than 32 levels");
  }
  SECTION("a billion laughs") {
    std::string laughs = "a0: &a0 [lol]\n";
    for (int i = 1; i < 10; ++i) {
      StrAppend(&laughs, "a", i, ": &a", i, " [");
      for (int j = 0; j < 9; ++j) StrAppend(&laughs, "*a", i - 1, ", ");
      laughs += "]\n";
    }
    CheckRefused(laughs, "p.yaml:1:5: an anchor is refused");
  }
  SECTION("a merge key") {
    CheckRefused("version: 1\n<<: *base\npolicies: []\n", "p.yaml:2:5: this is not YAML");
  }
}

}  // namespace
}  // namespace leasehold
