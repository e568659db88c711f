#include "server/policy/explain.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "leasehold/v1/identity.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

constexpr char kSet[] = R"(
    policies {
      name: "triage"
      subjects { groups: "support" }
      workflows: "triage"
      secrets: "github/pat"
      allow { target: "github" access: ACCESS_READ paths: "/repos/acme/**" }
      allow { target: "github" methods: "POST" paths: "/repos/acme/x/issues" }
    }
    policies {
      name: "reveals"
      subjects { agents: "ops" }
      secrets: "db/*"
      lease { delivery: DELIVERY_REVEALED }
    }
    policies {
      name: "asks"
      subjects { agents: "ops" }
      secrets: "prod/key"
      approval { approvers: 2 group: "oncall" }
      allow { target: "github" }
    }
    policies {
      name: "sandbox"
      effect: EFFECT_DENY
      subjects { groups: "sandbox" }
      secrets: "**"
    }
    policies {
      name: "trial"
      effect: EFFECT_DENY
      mode: MODE_OBSERVE
      observe_until { seconds: 4000000000 }
      subjects { agents: "bot-2" }
      secrets: "**"
    })";

std::shared_ptr<const CompiledTarget> Github() {
  v1::Target target;
  target.set_name("targets/github");
  target.set_base_url("https://api.github.com");
  target.add_secrets("github/*");
  target.add_secrets("prod/key");
  target.mutable_read()->add_tools("get_*");
  target.mutable_injection()->mutable_header()->set_name("Authorization");
  target.mutable_injection()->mutable_header()->set_template_("Bearer {value}");
  const auto compiled = CompiledTarget::Compile(target);
  REQUIRE(compiled.ok());
  return *compiled;
}

absl::StatusOr<v1::Explanation> AskText(const std::string& request) {
  const auto policies = CompileText(kSet);
  const auto target = Github();
  const auto question = FromText<v1::ExplainDecisionRequest>(request);
  const std::vector<std::string_view> groups = {"support"};
  return Explain(question,
                 {.policies = *policies,
                  .groups = groups,
                  .target = question.target() == "targets/github" ? target.get() : nullptr,
                  .now = absl::FromUnixSeconds(1'700'000'000)});
}

constexpr char kTriage[] =
    "agent: 'agents/bot' secret: 'secrets/github/pat' workflow: 'workflows/triage' ";

TEST_CASE("an explanation calls a tool a read where its target does", "[policy][explain]") {
  struct Row {
    const char* use;
    bool read;
  };
  for (const Row& row : {Row{"tool: 'get_issue'", true}, Row{"tool: 'add_issue'", false},
                         Row{"method: 'GET' path: '/'", true}}) {
    CAPTURE(row.use);
    const auto told = AskText(StrCat(kTriage, "target: 'targets/github' ", row.use));
    REQUIRE(told.ok());
    CHECK(told->read() == row.read);
  }
}

TEST_CASE("an explanation says what is decided, by whom and why", "[policy][explain]") {
  struct Row {
    const char* request;
    bool lease;
    bool use;
    const char* reason;
    const char* policy;
    const char* rule;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"", true, false, "", "triage", "lease", "policy triage allows the lease"},
      {"target: 'targets/github' method: 'GET' path: '/repos/acme/x'", true, true, "", "triage",
       "allow[0]", "policy triage allows the use by allow[0]"},
      {"target: 'targets/github' method: 'POST' path: '/repos/acme/x/issues'", true, true, "",
       "triage", "allow[1]", "allows the use"},
      {"target: 'targets/github' method: 'POST' path: '/repos/acme/x'", true, false,
       "POLICY_DENIED", "triage", "allow[0]", "policy triage allows reads only"},
      {"target: 'targets/github' method: 'GET' path: '/a/../b'", true, false, "POLICY_DENIED",
       "triage", "allow[0]", "'..'"},
      {"target: 'targets/pages' method: 'GET' path: '/'", true, false, "TARGET_UNKNOWN", "", "",
       "no target pages"},
      {"target: 'targets/pages' method: 'GET' path: '/' access: ACCESS_READ", true, false,
       "POLICY_DENIED", "triage", "allow[0]", "does not allow this target"},
      {"delivery: DELIVERY_REVEALED", false, false, "DELIVERY_NOT_ALLOWED", "triage", "lease",
       "brokered delivery only"},
      {"groups: 'sandbox' groups: 'support' override_groups: true", false, false, "POLICY_DENIED",
       "sandbox", "deny", "policy sandbox denies it"},
      {"override_groups: true", false, false, "NOT_FOUND_OR_FORBIDDEN", "", "", "no policy allows"},
  }));
  INFO(row.request);
  const auto answer = AskText(StrCat(kTriage, row.request));
  INFO(answer.status().message());
  REQUIRE(answer.ok());
  CHECK(answer->lease_allowed() == row.lease);
  CHECK(answer->use_allowed() == row.use);
  CHECK(answer->reason() == row.reason);
  CHECK(answer->policy() == row.policy);
  CHECK(answer->rule() == row.rule);
  CHECK_THAT(answer->message(), Catch::Contains(row.message));
  CHECK(answer->policies_size() == 5);
  if (!answer->policy().empty()) CHECK(answer->policies(0).policy() == answer->policy());
}

TEST_CASE("revealing, approval and observe mode are told", "[policy][explain]") {
  const auto reveal =
      AskText("agent: 'agents/ops' secret: 'secrets/db/login' delivery: DELIVERY_REVEALED");
  REQUIRE(reveal.ok());
  CHECK(reveal->lease_allowed());
  CHECK(reveal->use_allowed());

  const auto asks = AskText(
      "agent: 'agents/ops' secret: 'secrets/prod/key' target: 'targets/github' method: 'GET' "
      "path: '/'");
  REQUIRE(asks.ok());
  CHECK(asks->approval_required());
  // As if they had agreed.
  CHECK(asks->use_allowed());
  CHECK_THAT(asks->message(), Catch::Contains("2 of group oncall"));

  const auto observed = AskText(
      "agent: 'agents/bot-2' secret: 'secrets/github/pat' workflow: 'workflows/triage' "
      "target: 'targets/github' method: 'GET' path: '/repos/acme/x'");
  REQUIRE(observed.ok());
  CHECK(observed->use_allowed());
  CHECK(observed->not_enforced());
  CHECK(observed->policy() == "trial");
  CHECK(observed->reason() == "POLICY_DENIED");
  CHECK(observed->policies(0).observed());
}

TEST_CASE("the first condition that fails is the last that is told", "[policy][explain]") {
  const auto answer = AskText(
      StrCat(kTriage, "target: 'targets/github' method: 'PUT' ", "path: '/repos/acme/x/issues'"));
  REQUIRE(answer.ok());
  const v1::PolicyExplanation& policy = answer->policies(0);
  std::vector<std::string> told;
  for (const v1::ConditionResult& condition : policy.conditions()) {
    told.push_back((condition.matched() ? "+" : "-") + condition.key());
  }
  CHECK(told == std::vector<std::string>{"+secrets", "+subjects", "+workflows", "+allow[0].target",
                                         "+allow[0].paths", "-allow[0].access", "+allow[1].target",
                                         "+allow[1].paths", "-allow[1].methods"});
  CHECK(answer->policies(1).conditions_size() == 1);
  CHECK_THAT(answer->policies(1).conditions(0).detail(), Catch::Contains("db/*"));
}

TEST_CASE("a question that means nothing is refused", "[policy][explain]") {
  const std::string request =
      GENERATE(as<std::string>{}, "", "agent: 'bot' secret: 'secrets/a'", "agent: 'agents/bot'",
               "agent: 'agents/bot' secret: 'secrets/a' method: 'GET'",
               "agent: 'agents/bot' secret: 'secrets/a' target: 'targets/t'",
               "agent: 'agents/bot' secret: 'secrets/a' target: 'targets/t' method: 'GET' path: "
               "'/' tool: 'x'",
               "agent: 'agents/bot' secret: 'secrets/a' target: 'targets/t' tool: 'x' "
               "arguments_json: '[]'",
               "agent: 'agents/bot' secret: 'secrets/a' groups: 'x'",
               "agent: 'agents/bot' secret: 'secrets/a' override_groups: true groups: 'X'",
               "agent: 'agents/bot' secret: 'secrets/a' time { seconds: 1 nanos: -1 }",
               "agent: 'agents/bot' secret: 'secrets/a' user: '\\n'");
  INFO(request);
  const auto answer = AskText(request);
  CHECK(ReasonOf(answer.status()) == Reason::kInvalidArgument);
}

TEST_CASE("the explanation of a set of any size can be sent", "[policy][explain]") {
  v1::PolicySet set;
  for (int i = 0; i < 10'000; ++i) {
    v1::Policy* policy = set.add_policies();
    policy->set_name(StrCat("p", i));
    policy->mutable_subjects()->add_agents(StrCat(std::string(60, 'a'), "-", i % 9));
    for (int j = 0; j < 5; ++j) policy->add_secrets(StrCat(std::string(60, 's'), "/", j));
    policy->add_allow()->set_target(std::string(60, 't'));
  }
  const auto compiled = CompiledPolicies::Compile(set, PolicyRevision(1));
  REQUIRE(compiled.ok());
  v1::ExplainDecisionRequest request;
  request.set_agent("agents/bot");
  request.set_secret(StrCat("secrets/", std::string(60, 's'), "/4"));
  const auto answer = Explain(request, {.policies = **compiled, .now = absl::UnixEpoch()});
  REQUIRE(answer.ok());
  CHECK(answer->ByteSizeLong() < 2 * kExplanationBytesMax);
  CHECK(answer->policies_size() + answer->policies_left_out() == 10'000);
  CHECK(answer->policies_left_out() > 0);
}

}  // namespace
}  // namespace leasehold
