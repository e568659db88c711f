#include "server/identity/jwt/claim_rules.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

JsonValue Claims(std::string_view text) {
  auto json = JsonValue::Parse(text, {.bytes_max = 100'000}, "claims");
  REQUIRE(json.ok());
  return *std::move(json);
}

// Kubernetes, GitHub Actions and people, as the documentation has them.
JwtIssuer ExampleIssuer() {
  return {.issuer = "https://issuer.test",
          .alias = "example",
          .rules = {
              {.when = {{"sub", "system:serviceaccount:(?P<ns>[^:]+):(?P<name>[^:]+)"}},
               .agent = "{ns}/{name}"},
              {.when = {{"repository", "acme/(?P<repo>.+)"}, {"ref", "refs/heads/main"}},
               .agent = "ci/{repo}",
               .groups = {{.claim = "groups", .pattern = "lh-(?P<group>.+)"},
                          {.claim = "/more/0", .pattern = "(?P<g>[a-z]+)", .name = "team-{g}"}},
               .on_behalf_of = "actor"},
              {.when = {{"/realm/role", "oncall"}}, .role = Role::kSecurity},
          }};
}

absl::StatusOr<JwtIdentity> Match(std::string_view claims) {
  auto rules = ClaimRules::Compile(ExampleIssuer());
  REQUIRE(rules.ok());
  return rules->Match(Claims(claims));
}

}  // namespace

TEST_CASE("a service account's token stands for the agent of its namespace and name") {
  const auto who = Match(R"({"sub":"system:serviceaccount:prod:bot"})");
  REQUIRE(who.ok());
  CHECK(who->agent == "prod/bot");
  CHECK(who->role == Role::kNone);
  CHECK(who->user.empty());
  CHECK(who->groups.empty());
}

TEST_CASE("a workflow's token says the agent, its groups and on whose behalf it acts") {
  const auto who = Match(
      R"({"repository":"acme/site","ref":"refs/heads/main","actor":"Alice@x",
          "groups":["lh-deployers","other","lh-deployers","lh-Not Canonical",7,null,"lh-"],
          "more":["blue"]})");
  REQUIRE(who.ok());
  CHECK(who->agent == "ci/site");
  CHECK(who->user == "example:Alice@x");
  CHECK(who->groups == std::vector<std::string>{"deployers", "team-blue"});
}

TEST_CASE("a person has a role and a name with the issuer's alias") {
  const auto who = Match(R"({"sub":"248289761001","realm":{"role":"oncall"}})");
  REQUIRE(who.ok());
  CHECK(who->role == Role::kSecurity);
  CHECK(who->operator_name == "operator:example:248289761001");
  CHECK(who->agent.empty());
}

TEST_CASE("a rule can demand a truth value, and nothing but it will do") {
  const JwtIssuer issuer{
      .issuer = "i",
      .alias = "a",
      .rules = {{.when = {{"sub", "(?P<name>.+)"}, {"email_verified", "true"}}, .agent = "{name}"},
                {.when = {{"sub", "guest"}, {"/realm/guest", "false"}}, .agent = "other"}}};
  const auto rules = ClaimRules::Compile(issuer);
  REQUIRE(rules.ok());
  struct Row {
    std::string claims;
    std::string agent;  // empty = refused
  };
  const Row row = GENERATE(values<Row>({
      {R"({"sub":"mia","email_verified":true})", "mia"},
      {R"({"sub":"mia","email_verified":"true"})", "mia"},
      {R"({"sub":"mia","email_verified":false})", ""},
      {R"({"sub":"mia","email_verified":"True"})", ""},
      {R"({"sub":"mia","email_verified":1})", ""},
      {R"({"sub":"mia","email_verified":null})", ""},
      {R"({"sub":"mia","email_verified":[true]})", ""},
      {R"({"sub":"mia"})", ""},
      {R"({"sub":"guest","realm":{"guest":false}})", "other"},
      {R"({"sub":"guest","realm":{"guest":true}})", ""},
  }));
  INFO(row.claims);
  const auto who = rules->Match(Claims(row.claims));
  CHECK(ReasonOf(who.status()) == (row.agent.empty() ? Reason::kTokenRejected : Reason::kNone));
  if (who.ok()) CHECK(who->agent == row.agent);
}

TEST_CASE("claims that no rule maps, or that name nothing that can be, are refused") {
  struct Row {
    const char* why;
    std::string claims;
  };
  const Row row = GENERATE(values<Row>({
      {"nothing", "{}"},
      {"part of a rule alone", R"({"repository":"acme/site","actor":"a"})"},
      {"another branch", R"({"repository":"acme/site","ref":"refs/heads/main2","actor":"a"})"},
      {"a name that begins right", R"({"sub":"system:serviceaccount:prod:bot:more"})"},
      {"an array where a string is wanted", R"({"sub":["system:serviceaccount:prod:bot"]})"},
      {"an agent that is no Name", R"({"sub":"system:serviceaccount:prod:Bot"})"},
      {"an agent beside the folder", R"({"sub":"system:serviceaccount:..:bot"})"},
      {"another agent's folder", R"({"sub":"system:serviceaccount:a/b/:bot"})"},
      {"nobody on whose behalf", R"({"repository":"acme/site","ref":"refs/heads/main"})"},
      {"an empty user", R"({"repository":"acme/s","ref":"refs/heads/main","actor":""})"},
      {"a user with a line end",
       R"({"repository":"acme/s","ref":"refs/heads/main","actor":"a\nb"})"},
      {"a person without a name", R"({"realm":{"role":"oncall"}})"},
      {"a person with a number as name", R"({"sub":7,"realm":{"role":"oncall"}})"},
  }));
  INFO(row.why);
  CHECK(ReasonOf(Match(row.claims).status()) == Reason::kTokenRejected);
}

TEST_CASE("the first rule that matches decides, and its failure is not mended by a later one") {
  JwtIssuer issuer = ExampleIssuer();
  issuer.rules.push_back({.when = {{"sub", ".*"}}, .agent = "anybody"});
  const auto rules = ClaimRules::Compile(issuer);
  REQUIRE(rules.ok());
  CHECK(rules->Match(Claims(R"({"sub":"x"})"))->agent == "anybody");
  CHECK_FALSE(rules->Match(Claims(R"({"sub":"system:serviceaccount:prod:Bot"})")).ok());
}

TEST_CASE("a token that claims very many groups is refused") {
  std::string groups;
  for (int i = 0; i < 65; ++i) StrAppend(&groups, i == 0 ? "" : ",", "\"lh-g", i, "\"");
  const auto who = Match(StrCat(
      R"({"repository":"acme/s","ref":"refs/heads/main","actor":"a","groups":[)", groups, "]}"));
  CHECK(ReasonOf(who.status()) == Reason::kTokenRejected);
}

TEST_CASE("rules that mean nothing are refused") {
  const JwtRule row = GENERATE(values<JwtRule>({
      {.when = {}, .agent = "a"},
      {.when = {{"sub", "("}}, .agent = "a"},
      {.when = {{"sub", "x"}}},
      {.when = {{"sub", "x"}}, .agent = "a", .role = Role::kAdmin},
      {.when = {{"sub", "x"}}, .agent = "{name}"},
      {.when = {{"a", "(?P<n>.)"}, {"b", "(?P<n>.)"}}, .agent = "{n}"},
      {.when = {{"sub", "x"}}, .role = Role::kAdmin, .on_behalf_of = "sub"},
      {.when = {{"sub", "x"}}, .role = Role::kAdmin, .groups = {{.claim = "groups"}}},
      {.when = {{"sub", "x"}}, .agent = "a", .groups = {{.claim = "g", .pattern = "x"}}},
      {.when = {{"sub", "x"}}, .agent = "a", .groups = {{.claim = "g", .name = "{x}"}}},
  }));
  JwtIssuer issuer{.issuer = "i", .alias = "a", .rules = {row}};
  CHECK(ReasonOf(ClaimRules::Compile(issuer).status()) == Reason::kConfigInvalid);
  issuer.rules.clear();
  CHECK(ReasonOf(ClaimRules::Compile(issuer).status()) == Reason::kConfigInvalid);
}

}  // namespace leasehold
