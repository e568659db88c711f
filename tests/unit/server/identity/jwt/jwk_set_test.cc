#include "server/identity/jwt/jwk_set.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/signing_key.h"

namespace leasehold {
namespace {

constexpr auto kEs256 = SignatureAlgorithm::kEs256;

}  // namespace

TEST_CASE("a key is found by kid and algorithm") {
  const SigningKey first(kEs256, "first");
  const SigningKey second(kEs256, "second");
  const SigningKey other(SignatureAlgorithm::kEdDsa, "other");
  const auto set = JwkSet::Parse(KeySet({&first, &second, &other}));
  REQUIRE(set.ok());
  CHECK(set->Find("second", kEs256)->kid() == "second");
  CHECK(set->Find("other", kEs256) == nullptr);
  CHECK(set->Find("../../etc/passwd", kEs256) == nullptr);
  CHECK(set->Find(std::string(10'000, 'x'), kEs256) == nullptr);
  SECTION("without a kid it must be the only one") {
    CHECK(set->Find("", kEs256) == nullptr);
    CHECK(set->Find("", SignatureAlgorithm::kEdDsa)->kid() == "other");
    CHECK(set->Find("", SignatureAlgorithm::kRs256) == nullptr);
  }
}

TEST_CASE("keys of no use are left out of a set, and a set of such alone is refused") {
  const SigningKey good(kEs256, "good");
  const auto set =
      JwkSet::Parse(StrCat(R"({"keys":[{"kty":"oct","k":"AA"},7,)", good.Jwk(), R"(],"more":1})"));
  REQUIRE(set.ok());
  CHECK(set->size() == 1);
  CHECK(set->unusable() == 2);
  const auto none = JwkSet::Parse(R"({"keys":[{"kty":"oct","k":"AA"}]})");
  CHECK(ReasonOf(none.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(none.status().message()), Catch::Contains("type or curve"));
}

TEST_CASE("what is no key set, or too large a one, is refused") {
  const SigningKey key(kEs256, "key");
  std::string many = R"({"keys":[)";
  for (int i = 0; i < 65; ++i) StrAppend(&many, i == 0 ? "" : ",", key.Jwk());
  struct Row {
    std::string text;
    Reason reason;
  };
  const Row row = GENERATE_COPY(values<Row>({
      {"", Reason::kInvalidArgument},
      {"<html>", Reason::kInvalidArgument},
      {"[]", Reason::kInvalidArgument},
      {"{}", Reason::kInvalidArgument},
      {R"({"keys":{}})", Reason::kInvalidArgument},
      {R"({"keys":[]})", Reason::kInvalidArgument},
      {StrCat(R"({"keys":[)", key.Jwk(), R"(],"keys":[]})"), Reason::kInvalidArgument},
      {StrCat(many, "]}"), Reason::kTooLarge},
      {StrCat(R"({"keys":[)", key.Jwk(), "]", std::string(1 << 20, ' '), "}"), Reason::kTooLarge},
  }));
  INFO(row.text.substr(0, 60));
  CHECK(ReasonOf(JwkSet::Parse(row.text).status()) == row.reason);
}

}  // namespace leasehold
