#include "server/identity/jwt/jwk.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/signing_key.h"

namespace leasehold {
namespace {

absl::StatusOr<Jwk> Parse(std::string_view text) {
  const auto json = JsonValue::Parse(text, {.bytes_max = 16 * 1024}, "key");
  REQUIRE(json.ok());
  return Jwk::Parse(*json);
}

constexpr std::string_view kRfc7515Modulus =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4"
    "QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdb"
    "BYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-D"
    "WNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";

}  // namespace

// The examples of RFC 7515 (A.2, A.3, A.4) and RFC 8037 (A.4).
TEST_CASE("the signatures of the RFCs' examples are right, and are not when a bit is changed") {
  struct Row {
    const char* where;
    SignatureAlgorithm algorithm;
    std::string jwk;
    std::string text;
    std::string signature;
  };
  const std::string claims =
      "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl"
      "f"
      "Q";
  const Row row = GENERATE_COPY(values<Row>({
      {"RFC 7515 A.2", SignatureAlgorithm::kRs256,
       StrCat(R"({"kty":"RSA","e":"AQAB","n":")", kRfc7515Modulus, "\"}"),
       StrCat("eyJhbGciOiJSUzI1NiJ9.", claims),
       "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
       "O8W2Fp5"
       "jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
       "nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb"
       "1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
       "eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QO"
       "YEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
      {"RFC 7515 A.3", SignatureAlgorithm::kEs256,
       R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
       R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
       StrCat("eyJhbGciOiJFUzI1NiJ9.", claims),
       "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
      {"RFC 7515 A.4", SignatureAlgorithm::kEs512,
       R"({"kty":"EC","crv":"P-521",)"
       R"("x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceq)"
       R"(wQGk","y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf)"
       R"(63e3kyMj2"})",
       "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA",
       "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_"
       "7XdtAG8G"
       "aSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn"},
      {"RFC 8037 A.4", SignatureAlgorithm::kEdDsa,
       R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
       "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
       "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
  }));
  INFO(row.where);
  const auto key = Parse(row.jwk);
  REQUIRE(key.ok());
  std::string signature;
  REQUIRE(Base64UrlDecode(row.signature, &signature));
  CHECK(key->Verifies(row.algorithm, row.text, signature));
  for (const size_t at : {size_t{0}, signature.size() / 2, signature.size() - 1}) {
    std::string changed = signature;
    changed[at] = static_cast<char>(changed[at] ^ 1);
    CHECK_FALSE(key->Verifies(row.algorithm, row.text, changed));
  }
  CHECK_FALSE(key->Verifies(row.algorithm, row.text + "A", signature));
  CHECK_FALSE(key->Verifies(row.algorithm, row.text, signature + std::string(1, '\0')));
  CHECK_FALSE(key->Verifies(row.algorithm, row.text, signature.substr(1)));
  CHECK_FALSE(key->Verifies(row.algorithm, row.text, ""));
}

TEST_CASE("a key verifies by each algorithm of its type, and by no other") {
  for (const AlgorithmFacts& facts : AllAlgorithms()) {
    CAPTURE(facts.name);
    const SigningKey own(facts.algorithm, "own");
    const auto key = Parse(own.Jwk());
    REQUIRE(key.ok());
    const std::string token = own.Token("{}");
    const size_t dot = token.rfind('.');
    std::string signature;
    REQUIRE(Base64UrlDecode(token.substr(dot + 1), &signature));
    for (const AlgorithmFacts& other : AllAlgorithms()) {
      CAPTURE(other.name);
      CHECK(key->Verifies(other.algorithm, token.substr(0, dot), signature) ==
            (other.algorithm == facts.algorithm));
    }
  }
}

TEST_CASE("a signature of zeros, or in another encoding, is none") {
  const SigningKey own(SignatureAlgorithm::kEs256, "own");
  const auto key = Parse(own.Jwk());
  REQUIRE(key.ok());
  CHECK_FALSE(key->Verifies(SignatureAlgorithm::kEs256, "text", std::string(64, '\0')));
  CHECK_FALSE(key->Verifies(SignatureAlgorithm::kEs256, "text", std::string(64, '\xff')));
  CHECK_FALSE(key->Verifies(SignatureAlgorithm::kEs256, "text",
                            std::string("\x30\x06\x02\x01\x01\x02\x01\x01", 8)));
}

TEST_CASE("a key that is of no use for signatures of tokens is refused, with why") {
  static const SigningKey small(SignatureAlgorithm::kRs256, "small", 1024);
  static const SigningKey rsa(SignatureAlgorithm::kRs256, "rsa");
  static const SigningKey ec(SignatureAlgorithm::kEs256, "ec");
  struct Row {
    std::string jwk;
    const char* message;
  };
  const std::string x43(43, 'A');
  const Row row = GENERATE_COPY(values<Row>({
      {"[]", "no JSON object"},
      {"{}", "type or curve"},
      {R"({"kty":"oct","k":"c2VjcmV0"})", "type or curve"},
      {R"({"kty":7})", "no string"},
      {R"({"kty":"EC","crv":"secp256k1","x":"AA","y":"AA"})", "type or curve"},
      {R"({"kty":"OKP","crv":"X25519","x":"AA"})", "type or curve"},
      {StrCat(R"({"kty":"EC","crv":"P-256","x":")", x43, R"(","y":")", x43, "\"}"), "on its curve"},
      {R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})", "another curve's length"},
      {R"({"kty":"EC","crv":"P-256","x":"AA"})", "no \"y\""},
      {R"({"kty":"OKP","crv":"Ed25519","x":"AA"})", "no Ed25519 key"},
      {R"({"kty":"RSA","n":"AQAB"})", "no \"e\""},
      {R"({"kty":"RSA","n":"A+==","e":"AQAB"})", "no \"n\""},
      {StrCat(R"({"kty":"RSA","n":")", kRfc7515Modulus, R"(","e":"AQ"})"), "exponent"},
      {StrCat(R"({"kty":"RSA","n":")", kRfc7515Modulus, R"(","e":"Ag"})"), "exponent"},
      {StrCat(R"({"kty":"RSA","n":")", kRfc7515Modulus, R"(","e":"AQAAAAE"})"), "exponent"},
      {StrCat(R"({"kty":"RSA","n":")", std::string(2000, 'x'), R"(","e":"AQAB"})"), "size"},
      {small.Jwk(), "1024 bits"},
      {rsa.Jwk(R"(,"use":"enc")"), "not for signatures"},
      {rsa.Jwk(R"(,"key_ops":["sign"])"), "checking signatures"},
      {rsa.Jwk(R"(,"alg":"HS256")"), "not used here"},
      {rsa.Jwk(R"(,"alg":"none")"), "not used here"},
      {ec.Jwk(R"(,"d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI")"), "private part"},
  }));
  INFO(row.jwk);
  const auto key = Parse(row.jwk);
  REQUIRE_FALSE(key.ok());
  CHECK(ReasonOf(key.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(key.status().message()), Catch::Contains(row.message));
}

TEST_CASE("a key's alg and use narrow what it allows") {
  const SigningKey rsa(SignatureAlgorithm::kRs256, "rsa");
  const auto any = Parse(rsa.Jwk(R"(,"use":"sig","key_ops":["verify"])"));
  REQUIRE(any.ok());
  CHECK(any->kid() == "rsa");
  CHECK(any->Allows(SignatureAlgorithm::kPs512));
  const auto one = Parse(rsa.Jwk(R"(,"alg":"RS256")"));
  REQUIRE(one.ok());
  CHECK(one->Allows(SignatureAlgorithm::kRs256));
  CHECK_FALSE(one->Allows(SignatureAlgorithm::kRs384));
  CHECK_FALSE(one->Allows(SignatureAlgorithm::kPs256));
  CHECK_FALSE(one->Allows(SignatureAlgorithm::kEs256));
}

}  // namespace leasehold
