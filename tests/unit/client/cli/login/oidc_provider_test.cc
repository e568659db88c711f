// Providers that are wrong; the right one is real and in tests/e2e/oidc.
#include "client/cli/login/oidc_provider.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/str_cat.h"
#include "tests/support/https_server.h"

namespace leasehold {
namespace {

// A provider whose discovery document and token answer the test chooses; "{}" in them stands for
// its own address.
class FakeProvider {
 public:
  FakeProvider(std::string discovery, std::string token)
      : discovery_(std::move(discovery)),
        token_(std::move(token)),
        server_([this](const std::string& head) { return Answer(head); }) {}

  OidcClient Client() const {
    return {.issuer = server_.Url(""),
            .client_id = "cli",
            .scopes = {"openid", "groups"},
            .ca_pem = server_.pem()};
  }

 private:
  std::string Answer(const std::string& head) {
    std::string text =
        head.starts_with("GET /.well-known/openid-configuration ") ? discovery_ : token_;
    for (size_t at = 0; (at = text.find("{}")) != std::string::npos;) {
      text.replace(at, 2, server_.Url(""));
    }
    return text.starts_with("HTTP/") ? text : HttpsServer::Ok(text);
  }

  const std::string discovery_;
  const std::string token_;
  HttpsServer server_;
};

constexpr char kGood[] =
    R"({"issuer":"{}","authorization_endpoint":"{}/auth?x=1","token_endpoint":"{}/token",)"
    R"("device_authorization_endpoint":"{}/device"})";

}  // namespace

TEST_CASE("the browser is sent with everything that makes the login safe") {
  const FakeProvider fake(kGood, R"({"id_token":"a.b.c"})");
  const auto provider = OidcProvider::Discover(fake.Client());
  REQUIRE(provider.ok());
  // The verifier and its challenge are those of RFC 7636 appendix B.
  const OidcProvider::Authorization authorization{
      .redirect_uri = "http://127.0.0.1:9/callback",
      .state = "s",
      .nonce = "n",
      .verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"};
  CHECK(provider->AuthorizationUrl(authorization) ==
        StrCat(fake.Client().issuer,
               "/auth?x=1&response_type=code&client_id=cli&redirect_uri=http%3a%2f%2f127.0.0.1%3a9%"
               "2fcallback&scope=openid%20groups&state=s&nonce=n&code_challenge="
               "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"));
  CHECK(*provider->Redeem(authorization, "code") == "a.b.c");
}

TEST_CASE("a provider that is none, or speaks for another, is refused") {
  const std::string discovery = GENERATE(
      as<std::string>{}, "{", "[]", "{ }",
      R"({"issuer":"https://other.test","authorization_endpoint":"{}/a","token_endpoint":"{}/t"})",
      R"({"issuer":"{}/","authorization_endpoint":"{}/a","token_endpoint":"{}/t"})",
      R"({"issuer":"{}","authorization_endpoint":"http://a.test/","token_endpoint":"{}/t"})",
      R"({"issuer":"{}","authorization_endpoint":"{}/a","token_endpoint":"file:///etc/passwd"})",
      R"({"issuer":"{}","authorization_endpoint":"{}/a"})",
      R"({"issuer":"{}","issuer":"{}","authorization_endpoint":"{}/a","token_endpoint":"{}/t"})",
      "HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n[]");
  const FakeProvider fake(discovery, "");
  CHECK_FALSE(OidcProvider::Discover(fake.Client()).ok());
}

TEST_CASE("what a provider says in an error is shown shortened and without tricks") {
  const std::string body =
      StrCat(R"({"error":"no","error_description":"a\u001b[31m)", std::string(1000, 'x'), "\"}");
  const FakeProvider fake(
      kGood, StrCat("HTTP/1.1 400 Bad Request\r\nContent-Length: ", body.size(), "\r\n\r\n", body));
  const auto provider = OidcProvider::Discover(fake.Client());
  REQUIRE(provider.ok());
  const auto token = provider->Redeem({}, "code");
  REQUIRE_FALSE(token.ok());
  const std::string message(token.status().message());
  CHECK_THAT(message, Catch::Contains("no: a?[31mxxx"));
  CHECK(message.find('\x1b') == std::string::npos);
  CHECK(message.size() < 400);
}

TEST_CASE("a device's code, and the answers while nobody has entered it") {
  const FakeProvider fake(
      kGood,
      R"({"device_code":"d","user_code":"U","verification_uri":"{}/v","expires_in":99999999,)"
      R"("verification_uri_complete":"javascript:alert","error":"slow_down"})");
  const auto provider = OidcProvider::Discover(fake.Client());
  REQUIRE(provider.ok());
  auto grant = provider->StartDevice();
  REQUIRE(grant.ok());
  CHECK(grant->user_code == "U");
  CHECK(grant->verification_uri_complete.empty());
  CHECK(grant->deadline < absl::Now() + absl::Hours(1));
  CHECK(grant->interval == absl::Seconds(5));
  const auto polled = provider->PollDevice(*grant);
  REQUIRE(polled.ok());
  CHECK_FALSE(polled->has_value());
  CHECK(grant->interval == absl::Seconds(10));
}

}  // namespace leasehold
