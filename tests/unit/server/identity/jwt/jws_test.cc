#include "server/identity/jwt/jws.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/signing_key.h"

namespace leasehold {
namespace {

std::string With(std::string_view header, std::string_view claims = R"({"iss":"x"})") {
  return StrCat(SignedText(header, claims), ".AAAA");
}

}  // namespace

TEST_CASE("a compact token is taken apart") {
  const std::string token = With(R"({"alg":"ES256","kid":"a/b","typ":"JWT","jwk":{"kty":"RSA"}})");
  const auto jws = ParseJws(token);
  REQUIRE(jws.ok());
  CHECK(jws->algorithm == SignatureAlgorithm::kEs256);
  CHECK(jws->kid == "a/b");
  CHECK(jws->claims.Find("iss")->text() == "x");
  CHECK(jws->signed_text == token.substr(0, token.rfind('.')));
  CHECK(jws->signature == std::string(3, '\0'));
}

TEST_CASE("types that issuers give their tokens are taken in any case, and none at all") {
  const std::string type =
      GENERATE(as<std::string>{}, "JWT", "jwt", "at+jwt", "application/at+JWT");
  CHECK(ParseJws(With(StrCat(R"({"alg":"RS256","typ":")", type, R"("})"))).ok());
  CHECK(ParseJws(With(R"({"alg":"RS256"})")).ok());
}

TEST_CASE("tokens that are none, or demand what is not done here, are refused") {
  struct Row {
    const char* why;
    std::string token;
    const char* message;
  };
  const std::string good = With(R"({"alg":"RS256"})");
  const Row row = GENERATE_COPY(values<Row>({
      {"empty", "", "three parts"},
      {"two parts", "YQ.YQ", "three parts"},
      {"four parts", good + ".YQ", "three parts"},
      {"five parts, as an encrypted one has", good + ".YQ.YQ", "three parts"},
      {"above the limit", std::string(16 * 1024 + 1, 'a'), "at most 16384"},
      {"padding", SignedText(R"({"alg":"RS256"})", "{}") + ".YQ==", "no signature"},
      {"the other alphabet", SignedText(R"({"alg":"RS256"})", "{}") + ".+/+/", "no signature"},
      {"stray bits", SignedText(R"({"alg":"RS256"})", "{}") + ".YR", "no signature"},
      {"a line end", good + "\n", "no signature"},
      {"no signature", SignedText(R"({"alg":"RS256"})", "{}") + ".", "no signature"},
      {"a head that is no base64url", "e30=.e30.AAAA", "base64url in its head"},
      {"a head that is no JSON", With("alg"), "not strict JSON"},
      {"a head that is no object", With("[]"), "no JSON object as its head"},
      {"a head with two algorithms", With(R"({"alg":"RS256","alg":"none"})"), "name twice"},
      {"no algorithm", With("{}"), "names no algorithm"},
      {"an algorithm that is no string", With(R"({"alg":["RS256"]})"), "names no algorithm"},
      // RFC 7515 A.5 and RFC 7519 6.1.
      {"unsecured",
       "eyJhbGciOiJub25lIn0."
       "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV"
       "l"
       "fQ.",
       "public-key algorithm"},
      // RFC 7515 A.1 and RFC 7519 3.1.
      {"with a shared secret",
       "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
       "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnV"
       "l"
       "fQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk",
       "public-key algorithm"},
      {"none in capitals", With(R"({"alg":"NONE"})"), "public-key algorithm"},
      {"another case", With(R"({"alg":"rs256"})"), "public-key algorithm"},
      {"an extension", With(R"({"alg":"RS256","crit":["exp"],"exp":1})"), "crit"},
      {"an empty list of extensions", With(R"({"alg":"RS256","crit":[]})"), "crit"},
      {"another type", With(R"({"alg":"RS256","typ":"logout+jwt"})"), "another type"},
      {"a type that is no string", With(R"({"alg":"RS256","typ":1})"), "another type"},
      {"a kid that is no string", With(R"({"alg":"RS256","kid":{}})"), "kid"},
      {"claims that are no object", With(R"({"alg":"RS256"})", "7"),
       "no JSON object as its claims"},
      // RFC 7515 A.4 signs the text "Payload".
      {"claims that are no JSON", "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AAAA", "not strict JSON"},
      {"a claim twice", With(R"({"alg":"RS256"})", R"({"sub":"a","sub":"b"})"), "name twice"},
      {"deep claims", With(R"({"alg":"RS256"})", StrCat(R"({"a":)", std::string(5000, '['), "}")),
       "nests too deeply"},
  }));
  INFO(row.why);
  const auto jws = ParseJws(row.token);
  REQUIRE(ReasonOf(jws.status()) == Reason::kTokenRejected);
  CHECK_THAT(std::string(jws.status().message()), Catch::Contains(row.message));
}

TEST_CASE("a token whose text was changed at one place is not taken for the same") {
  const std::string good = With(R"({"alg":"RS256"})");
  for (size_t at = 0; at < good.size(); ++at) {
    std::string changed = good;
    changed[at] = changed[at] == '.' ? 'A' : '.';
    CHECK_FALSE(ParseJws(changed).ok());
  }
}

}  // namespace leasehold
