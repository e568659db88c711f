#include <catch2/catch.hpp>
#include <string>
#include <string_view>

#include "server/policy/compiled_policies.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

const char* const kSet = R"(
  policies { name: "lease-only" subjects { agents: "other" } secrets: "github/pat" }
  policies { name: "reads" subjects { groups: "support-bots" } secrets: "github/pat"
    allow { target: "github" access: ACCESS_READ paths: ["/repos/acme/**", "/user"] }
    allow { target: "github" methods: ["POST", "PATCH", "PUT"] paths: "/repos/acme/*/labels" }
    allow { target: "pages" methods: "GET" }
    allow { target: "wiki" access: ACCESS_WRITE } }
  policies { name: "reads-all" subjects { groups: "support-bots" } secrets: "github/*"
    allow { target: "github" access: ACCESS_READ paths: "/orgs/**" } }
  policies { name: "no-sandbox" effect: EFFECT_DENY subjects { groups: "sandbox" }
    secrets: "github/**" })";

struct Row {
  const char* why;
  const char* target;
  std::string method;
  const char* path;
  bool is_read;
  const char* policy;
  const char* rule;
  const char* action;
  const char* hint;  // empty = allowed
};

TEST_CASE("a use is decided by the first rule that allows it, else told by the nearest",
          "[policy][use]") {
  const Row row = GENERATE(values<Row>({
      {"a read", "github", "GET", "/repos/acme/x", true, "reads", "allow[0]", "GET /repos/acme/**",
       ""},
      {"the root of the pattern", "github", "HEAD", "/repos/acme", true, "reads", "allow[0]",
       "HEAD /repos/acme/**", ""},
      {"the second pattern", "github", "GET", "/user", true, "reads", "allow[0]", "GET /user", ""},
      {"a write in a rule for reads", "github", "POST", "/repos/acme/x/issues", false, "reads",
       "allow[0]", "POST", "policy reads allows reads only"},
      {"a write that another rule allows", "github", "POST", "/repos/acme/x/labels", false, "reads",
       "allow[1]", "POST /repos/acme/*/labels", ""},
      {"reads only comes nearer than a wrong method", "github", "DELETE", "/repos/acme/x/labels",
       false, "reads", "allow[0]", "DELETE", "policy reads allows reads only"},
      {"a wrong method", "pages", "POST", "/x", false, "reads", "allow[2]", "POST",
       "policy reads allows GET only"},
      {"another path", "github", "GET", "/repos/other", true, "reads", "allow[0]", "GET",
       "policy reads does not allow this path"},
      {"another target", "gitlab", "GET", "/", true, "reads", "allow[0]", "GET",
       "policy reads does not allow this target"},
      {"a later policy allows", "github", "GET", "/orgs/acme", true, "reads-all", "allow[0]",
       "GET /orgs/**", ""},
      {"a rule without paths", "wiki", "DELETE", "/x", false, "reads", "allow[3]", "DELETE /**",
       ""},
      {"a method nobody knows", "wiki", "BREW", "/x", false, "reads", "allow[3]", "OTHER /**", ""},
      {"a method that shows the credential", "wiki", "TRACE", "/x", false, "reads", "allow[3]",
       "OTHER", "policy reads does not allow this method"},
      {"a method in small letters", "wiki", "get", "/x", false, "reads", "allow[3]", "OTHER",
       "policy reads does not allow this method"},
      {"no method", "wiki", "", "/x", false, "reads", "allow[3]", "OTHER",
       "policy reads does not allow this method"},
      {"dots below an allowed path", "github", "GET", "/repos/acme/../other", true, "reads",
       "allow[0]", "GET", "the path has a '.' or '..' segment"},
      {"dots where every path is allowed", "wiki", "GET", "/../x", true, "reads", "allow[3]", "GET",
       "the path has a '.' or '..' segment"},
      {"an encoded slash", "wiki", "GET", "/a%2Fb", true, "reads", "allow[3]", "GET",
       "the path has an encoded slash, which servers read differently"},
      {"no path", "wiki", "GET", "", true, "reads", "allow[3]", "GET",
       "the path does not start with '/'"},
  }));
  INFO(row.why);
  const auto policies = CompileText(kSet);
  const std::string_view groups[] = {"staff", "support-bots"};
  const UseDecision decision = policies->DecideUse(
      {{"bot", groups, "default", "github/pat"}, row.target, row.method, row.path, row.is_read});
  const bool allowed = std::string_view(row.hint).empty();
  CHECK(decision.allowed == allowed);
  CHECK(decision.reason == (allowed ? Reason::kNone : Reason::kPolicyDenied));
  CHECK(decision.visible);
  CHECK(decision.policy == row.policy);
  CHECK(decision.rule == row.rule);
  CHECK(decision.action == row.action);
  CHECK(decision.hint == row.hint);
}

TEST_CASE("several methods are listed as people do", "[policy][use]") {
  const auto policies = CompileText(R"(policies { name: "p" subjects { agents: "a" } secrets: "s"
    allow { target: "t" methods: ["POST", "PATCH", "PUT"] } })");
  const UseDecision decision =
      policies->DecideUse({{"a", {}, "default", "s"}, "t", "GET", "/", true});
  CHECK(decision.hint == "policy p allows POST, PATCH and PUT only");
}

TEST_CASE("no allow section means no use", "[policy][use]") {
  const auto policies = CompileText(kSet);
  const UseDecision decision =
      policies->DecideUse({{"other", {}, "default", "github/pat"}, "github", "GET", "/user", true});
  CHECK_FALSE(decision.allowed);
  CHECK(decision.visible);
  CHECK(decision.policy == "lease-only");
  CHECK(decision.rule == "");
  CHECK(decision.hint == "policy lease-only allows no use");
}

TEST_CASE("a deny beats a rule that allows", "[policy][use]") {
  const auto policies = CompileText(kSet);
  const std::string_view groups[] = {"support-bots", "sandbox"};
  const UseDecision decision = policies->DecideUse(
      {{"bot", groups, "default", "github/pat"}, "github", "GET", "/user", true});
  CHECK_FALSE(decision.allowed);
  CHECK(decision.reason == Reason::kPolicyDenied);
  CHECK(decision.policy == "no-sandbox");
  CHECK(decision.rule == "deny");
  CHECK(decision.action == "GET");
  CHECK(decision.hint == "policy no-sandbox denies it");
}

TEST_CASE("who sees no policy learns none", "[policy][use]") {
  const auto policies = CompileText(kSet);
  const std::string_view sandbox[] = {"sandbox"};
  const std::string agent = GENERATE(as<std::string>{}, "stranger", "other-bot");
  const bool denied = GENERATE(false, true);
  DecisionSubject subject{agent, {}, "default", "github/pat"};
  if (denied) subject.groups = sandbox;
  const UseDecision decision = policies->DecideUse({subject, "github", "GET", "/user", true});
  CHECK_FALSE(decision.allowed);
  CHECK_FALSE(decision.visible);
  CHECK(decision.hint == "");
  // The ledger still says which policy denied.
  CHECK(decision.policy == (denied ? "no-sandbox" : ""));
}

}  // namespace
}  // namespace leasehold
