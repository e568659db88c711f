#include "server/config/jwt_section.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <sstream>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/config/config_file.h"
#include "server/config/identity_rules.h"

namespace leasehold {
namespace {

absl::StatusOr<Config> Load(const std::string& text) {
  ASSIGN_OR_RETURN(const Settings settings, ParseConfigText(text, "f.yaml"));
  Config config;
  RETURN_IF_ERROR(CheckJwtIssuers(settings, config));
  return config;
}

// One issuer with `changed` lines in place of those of the same key; an empty value leaves a key
// out.
std::string Issuer(const std::string& key = "", const std::string& value = "") {
  std::string out = "identity:\n  jwt:\n  -\n";
  const auto add = [&](const std::string& name, const std::string& usual) {
    const std::string& chosen = name == key ? value : usual;
    if (!chosen.empty()) StrAppend(&out, "    ", name, ": ", chosen, "\n");
  };
  add("issuer", "https://issuer.test");
  add("alias", "test");
  add("audiences", "[leasehold, cli]");
  add("algorithms", "[RS256, EdDSA]");
  add("jwks_file", "/keys.json");
  add("jwks_url", "");
  add("ca_file", "");
  add("rules", "[{when: {sub: \"a-(?P<n>.*)\"}, agent: \"x/{n}\"}]");
  add("login", "");
  add("extra", "");
  return out;
}

}  // namespace

TEST_CASE("the issuers of the documentation are read as they stand there") {
  std::ifstream file("docs/identity.md");
  std::stringstream page;
  page << file.rdbuf();
  const std::string text = page.str();
  const size_t begin = text.find("```yaml\n") + 8;
  const auto config = Load(text.substr(begin, text.find("```", begin) - begin));
  INFO(config.status().ToString());
  REQUIRE(config.ok());
  CHECK(config->session_ttl == absl::Hours(8));
  REQUIRE(config->jwt_issuers.size() == 3);
  const JwtIssuer& github = config->jwt_issuers[1];
  CHECK(github.alias == "github");
  CHECK(github.algorithms == std::vector{SignatureAlgorithm::kRs256});
  REQUIRE(github.rules.size() == 1);
  CHECK(github.rules[0].when.size() == 2);
  CHECK(github.rules[0].agent == "ci-{repo}");
  CHECK(github.rules[0].on_behalf_of == "actor");
  const JwtIssuer& corp = config->jwt_issuers[2];
  CHECK(corp.login.client_id == "leasehold-cli");
  CHECK(corp.login.scopes == std::vector<std::string>{"openid", "groups"});
  CHECK(corp.rules[0].groups[0].pattern == "lh-(?P<group>.+)");
  CHECK(corp.rules[2].role == Role::kAuditor);
}

TEST_CASE("an issuer that makes no sense is refused with its place") {
  struct Row {
    std::string key;
    std::string value;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"issuer", "", "needs `issuer`"},
      {"alias", "", "needs `issuer`, `alias`"},
      {"alias", "Not-Canonical", "alias"},
      {"alias", "a/b", "one word"},
      {"audiences", "", "`audiences`"},
      {"audiences", "[]", "\"audiences\" has to be a list"},
      {"algorithms", "", "`algorithms`"},
      {"algorithms", "[none]", "\"none\" is none of RS256"},
      {"algorithms", "[HS256]", "\"HS256\" is none of RS256"},
      {"jwks_file", "", "either `jwks_file` or `jwks_url`"},
      {"jwks_file", "keys.json", "absolute path"},
      {"jwks_url", "https://issuer.test/keys", "either `jwks_file` or `jwks_url`"},
      {"ca_file", "/ca.pem", "is for `jwks_url`"},
      {"rules", "", "1 to 256 rules"},
      {"rules", "[{agent: a}]", "needs `when`"},
      {"rules", "[{when: {sub: \"(\"}, agent: a}]", "is no pattern"},
      {"rules", "[{when: {sub: a}, agent: \"{b}\"}]", "is no capture"},
      {"rules", "[{when: {sub: a}, role: root}]", "\"role\" is one of"},
      {"rules", "[{when: {sub: a, sub: b}, agent: a}]", "a second \"sub\""},
      {"rules", "[{when: {sub: a}, agent: a, groups: [{name: b}]}]", "needs `claim`"},
      {"rules", "[{when: {sub: a}, agents: a}]", "unknown key \"agents\""},
      {"login", "{client_id: other}", "one of `audiences`"},
      {"login", "{client_id: cli, scopes: [email]}", "have openid"},
      {"extra", "1", "unknown key \"extra\""},
  }));
  INFO(row.key << ": " << row.value);
  REQUIRE(Load(Issuer()).ok());
  const auto config = Load(Issuer(row.key, row.value));
  REQUIRE(ReasonOf(config.status()) == Reason::kConfigInvalid);
  CHECK_THAT(std::string(config.status().message()),
             Catch::StartsWith("f.yaml:") && Catch::Contains(row.message));
}

TEST_CASE("an address of keys has to be https") {
  std::string text = Issuer("jwks_file", "");
  const auto with = [&](const std::string& url) {
    return Load(StrCat(text, "    jwks_url: ", url, "\n"));
  };
  CHECK(with("https://issuer.test/keys").ok());
  CHECK_FALSE(with("http://127.0.0.1/keys").ok());
  CHECK_FALSE(with("file:///etc/passwd").ok());
}

TEST_CASE("two issuers do not share their name or alias") {
  std::string second = Issuer();
  second = second.substr(second.find("  -\n"));
  CHECK_FALSE(Load(Issuer() + second).ok());
  CHECK_FALSE(Load(Issuer("alias", "other") + second).ok());
  CHECK_FALSE(Load(Issuer("issuer", "https://other.test") + second).ok());
}

TEST_CASE("a session lasts at least a minute and at most a week") {
  for (const char* good : {"1m", "8h", "168h"}) {
    CHECK(Load(StrCat("identity: {session_ttl: ", good, "}\n")).ok());
  }
  for (const char* wrong : {"59s", "169h", "8", "-1h", "inf", "x"}) {
    CAPTURE(wrong);
    CHECK(ReasonOf(Load(StrCat("identity: {session_ttl: ", wrong, "}\n")).status()) ==
          Reason::kConfigInvalid);
  }
}

TEST_CASE("the hash of the identity rules changes with each of them, and with nothing else") {
  const auto hash = [](const std::string& text) {
    const auto config = Load(text);
    REQUIRE(config.ok());
    return IdentityRulesHash(*config);
  };
  const Hash plain = hash(Issuer());
  CHECK(hash(Issuer()) == plain);
  CHECK(hash("listen: 127.0.0.1:9\n" + Issuer()) == plain);
  CHECK(hash("") != plain);
  CHECK(hash(Issuer("alias", "other")) != plain);
  CHECK(hash(Issuer("audiences", "[leasehold]")) != plain);
  CHECK(hash(Issuer("algorithms", "[RS256]")) != plain);
  CHECK(hash(Issuer("rules", "[{when: {sub: b}, agent: a}]")) != plain);
  CHECK(hash(Issuer("login", "{client_id: cli}")) != plain);
  Config sockets;
  sockets.agent_socket_users["ci"] = "bot";
  CHECK(IdentityRulesHash(sockets) != IdentityRulesHash(Config{}));
}

}  // namespace leasehold
