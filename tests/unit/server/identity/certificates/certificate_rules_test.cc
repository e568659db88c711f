#include "server/identity/certificates/certificate_rules.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"

namespace leasehold {
namespace {

CertificateRules Compiled() {
  auto rules = CertificateRules::Compile(
      "prod.example", {{.spiffe = "/ns/{ns}/sa/{name}", .agent = "{ns}.{name}"},
                       {.spiffe = "/broker/*", .adapter = true},
                       {.spiffe = "/people/**", .role = Role::kAuditor},
                       {.dns = "build.prod.example", .agent = "ci-build"},
                       {.subject = "CN=mia,O=Example", .role = Role::kSecurity}});
  REQUIRE(rules.ok());
  return *std::move(rules);
}

TEST_CASE("the first rule that is about a certificate says who it is", "[identity]") {
  const CertificateRules rules = Compiled();
  struct Row {
    const char* why;
    CertificateFacts facts;
    Reason reason;
    Role role;  // kNone = no rule
    std::string agent;
    std::string holder;
  };
  const std::string spiffe = "spiffe://prod.example";
  const Row rows[] = {
      {"captured",
       {.uris = {spiffe + "/ns/ci/sa/bot"}},
       Reason::kNone,
       Role::kAgent,
       "ci.bot",
       spiffe + "/ns/ci/sa/bot"},
      {"an adapter",
       {.uris = {spiffe + "/broker/1"}},
       Reason::kNone,
       Role::kAdapter,
       "",
       spiffe + "/broker/1"},
      {"a person",
       {.uris = {spiffe + "/people/eu/mia"}},
       Reason::kNone,
       Role::kAuditor,
       "",
       spiffe + "/people/eu/mia"},
      {"no rule", {.uris = {spiffe + "/other"}}, Reason::kNone, Role::kNone, "", ""},
      {"one of its DNS names",
       {.dns_names = {"a.example", "build.prod.example"}},
       Reason::kNone,
       Role::kAgent,
       "ci-build",
       "build.prod.example"},
      {"a longer DNS name",
       {.dns_names = {"x.build.prod.example"}},
       Reason::kNone,
       Role::kNone,
       "",
       ""},
      {"a wildcard is a name like others",
       {.dns_names = {"*.prod.example"}},
       Reason::kNone,
       Role::kNone,
       "",
       ""},
      {"the subject",
       {.subject = "CN=mia,O=Example"},
       Reason::kNone,
       Role::kSecurity,
       "",
       "CN=mia,O=Example"},
      {"a part of the subject", {.subject = "CN=mia"}, Reason::kNone, Role::kNone, "", ""},
      {"another trust domain, whatever else it is called",
       {.subject = "CN=mia,O=Example", .uris = {"spiffe://dev.example/ns/ci/sa/bot"}},
       Reason::kCertificateRejected,
       Role::kNone,
       "",
       ""},
      {"a trust domain that begins alike",
       {.uris = {"spiffe://prod.example.org/ns/ci/sa/bot"}},
       Reason::kCertificateRejected,
       Role::kNone,
       "",
       ""},
      {"two URIs",
       {.uris = {spiffe + "/ns/ci/sa/bot", spiffe + "/people/mia"}},
       Reason::kCertificateRejected,
       Role::kNone,
       "",
       ""},
      {"a URI that is no SPIFFE ID",
       {.uris = {"https://prod.example/"}, .dns_names = {"build.prod.example"}},
       Reason::kCertificateRejected,
       Role::kNone,
       "",
       ""},
      {"a captured name that is not canonical",
       {.uris = {spiffe + "/ns/CI/sa/bot"}},
       Reason::kCertificateRejected,
       Role::kNone,
       "",
       ""},
      {"nothing at all", {}, Reason::kNone, Role::kNone, "", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.why);
    const auto identity = rules.Identify(row.facts);
    REQUIRE(ReasonOf(identity.status()) == row.reason);
    if (!identity.ok()) continue;
    REQUIRE(identity->has_value() == (row.role != Role::kNone));
    if (!identity->has_value()) continue;
    CHECK((*identity)->role == row.role);
    CHECK((*identity)->agent == row.agent);
    CHECK((*identity)->holder == row.holder);
  }
}

TEST_CASE("without a trust domain URIs say nothing", "[identity]") {
  const auto rules = CertificateRules::Compile("", {{.dns = "a.example", .agent = "a"}});
  REQUIRE(rules.ok());
  const auto identity =
      rules->Identify({.uris = {"https://x.example/", "spiffe://x/y"}, .dns_names = {"a.example"}});
  REQUIRE(identity.ok());
  CHECK((*identity)->agent == "a");
}

TEST_CASE("a rule that cannot mean anything is refused", "[identity]") {
  const CertificateRule bad[] = {
      {},
      {.agent = "a"},
      {.dns = "a.example"},
      {.dns = "a.example", .subject = "CN=a", .agent = "a"},
      {.dns = "a.example", .agent = "a", .adapter = true},
      {.dns = "a.example", .agent = "A"},
      {.dns = "a.example", .agent = "ci/build"},
      {.spiffe = "/a/{b}/{c}", .agent = "{b}/{c}"},
      {.dns = "*.example", .agent = "a"},
      {.dns = "A.example", .agent = "a"},
      {.dns = "a.example", .agent = "{name}"},
      {.dns = "a.example", .role = Role::kAgent},
      {.spiffe = "/a/{b}", .agent = "{c}"},
      {.spiffe = "/a/{b}", .agent = "{b"},
      {.spiffe = "/a/{b}", .agent = "b}"},
      {.spiffe = "a", .agent = "b"},
  };
  for (const CertificateRule& rule : bad) {
    CAPTURE(rule.spiffe, rule.dns, rule.subject, rule.agent);
    CHECK(ReasonOf(CertificateRules::Check("prod.example", rule)) == Reason::kInvalidArgument);
  }
  CHECK(!CertificateRules::Check("", {.spiffe = "/a", .agent = "a"}).ok());
  CHECK(!CertificateRules::Compile("spiffe://prod.example", {}).ok());
}

TEST_CASE("the canonical text tells any two sets of rules apart", "[identity]") {
  const auto text = [](const std::string& domain, const CertificateRule& rule) {
    return CertificateRules::Compile(domain, {rule})->CanonicalText();
  };
  CHECK(text("a", {.dns = "x", .agent = "y"}) == text("a", {.dns = "x", .agent = "y"}));
  CHECK(text("a", {.dns = "x", .agent = "y"}) != text("b", {.dns = "x", .agent = "y"}));
  CHECK(text("a", {.dns = "x", .agent = "y"}) != text("a", {.subject = "x", .agent = "y"}));
  CHECK(text("a", {.dns = "x", .adapter = true}) != text("a", {.dns = "x", .role = Role::kAdmin}));
}

}  // namespace
}  // namespace leasehold
