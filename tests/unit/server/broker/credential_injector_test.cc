#include "server/broker/credential_injector.h"

#include <catch2/catch.hpp>
#include <string>
#include <tuple>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "tests/unit/server/broker/targets_for_tests.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

constexpr char kUrl[] = "https://shop.example.com";

TEST_CASE("a header is written by its template") {
  const auto target = CompileTarget(HeaderShop(kUrl, "X-Shop-Key", "Key {user}/{value}; v=2"));
  WipedBuffer out;
  out.Append("before\r\n");
  REQUIRE(
      CredentialInjector::Append(*target, MakeFields({{"value", "s3 cret"}, {"user", "bot"}}), &out)
          .ok());
  CHECK(out.view() == "before\r\nX-Shop-Key: Key bot/s3 cret; v=2\r\n");
  CHECK(CredentialInjector::FieldName(*target) == "X-Shop-Key");
}

TEST_CASE("basic authentication joins two fields") {
  const auto target = CompileTarget(BasicShop(kUrl));
  for (const std::string password : {"p", "pa", "pas", "pass:word"}) {
    WipedBuffer out;
    REQUIRE(CredentialInjector::Append(*target,
                                       MakeFields({{"user", "bot"}, {"password", password}}), &out)
                .ok());
    CHECK(out.view() ==
          "Authorization: Basic " + Base64Encode(AsBytes("bot:" + password)) + "\r\n");
  }
  CHECK(CredentialInjector::FieldName(*target) == "Authorization");
}

TEST_CASE("what cannot stand in a field is never written and never quoted") {
  const char* why = "";
  std::string value;
  std::tie(value, why) = GENERATE(table<std::string, const char*>({
      {"marker\n", "ends with a line break"},
      {"marker\r\n", "ends with a line break"},
      {"marker\r\nX-Admin: 1", "bytes other than visible ASCII"},
      {"marker\nX-Admin: 1", "bytes other than visible ASCII"},
      {std::string("marker\0", 7), "bytes other than visible ASCII"},
      {"marker\x7f", "bytes other than visible ASCII"},
      {"marker\t1", "bytes other than visible ASCII"},
      {"marker\xc3\xa4", "bytes other than visible ASCII"},
      {" marker", "begins or ends with a blank"},
      {"marker ", "begins or ends with a blank"},
      {"marker" + std::string(16 * 1024, 'x'), "too large for an HTTP field"},
  }));
  INFO(why);
  const bool basic = GENERATE(false, true);
  const auto target =
      CompileTarget(basic ? BasicShop(kUrl) : HeaderShop(kUrl, "Authorization", "{password}"));
  WipedBuffer out;
  const absl::Status status =
      CredentialInjector::Append(*target, MakeFields({{"user", "bot"}, {"password", value}}), &out);
  CHECK(ReasonOf(status) == Reason::kFailedPrecondition);
  const std::string message(status.message());
  CHECK(message.find(why) != std::string::npos);
  CHECK(message.find("marker") == std::string::npos);
  CHECK(out.size() == 0);
}

TEST_CASE("a user with a colon and a field that is missing are refused") {
  const auto target = CompileTarget(BasicShop(kUrl));
  WipedBuffer out;
  CHECK_FALSE(
      CredentialInjector::Append(*target, MakeFields({{"user", "a:b"}, {"password", "c"}}), &out)
          .ok());
  const absl::Status missing =
      CredentialInjector::Append(*target, MakeFields({{"user", "a"}}), &out);
  CHECK(std::string(missing.message()).find("password") != std::string::npos);
  CHECK(out.size() == 0);
}

}  // namespace
}  // namespace leasehold
