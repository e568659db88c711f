#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "leasehold/v1/identity.grpc.pb.h"
#include "leasehold/v1/revocation.grpc.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/str_cat.h"
#include "tests/support/signing_key.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/server/api/api_server.h"

namespace leasehold {
namespace {

using Stub = v1::IdentityService::Stub;

// A provider's keys, and a server where its people log in.
class LoginWorld {
 public:
  LoginWorld() {
    std::ofstream(folder_.File("keys.json")) << KeySet({&key_});
    auto started =
        JwtVerifier::Start({{.issuer = "https://idp.test",
                             .alias = "idp",
                             .audiences = {"cli"},
                             .algorithms = {SignatureAlgorithm::kEs256},
                             .jwks_file = folder_.File("keys.json"),
                             .rules = {{.when = {{"role", "auditor"}}, .role = Role::kAuditor},
                                       {.when = {{"role", "security"}}, .role = Role::kSecurity}},
                             .login = {.client_id = "cli", .scopes = {"openid", "groups"}}}});
    REQUIRE(started.ok());
    verifier_ = *std::move(started);
    server = std::make_unique<ApiServer>(verifier_.get());
    stub = v1::IdentityService::NewStub(server->tcp());
  }

  std::string IdToken(const std::string& person, const std::string& role,
                      const std::string& nonce = "nonce") {
    return key_.Token(StrCat(R"({"iss":"https://idp.test","aud":"cli","sub":")", person,
                             R"(","role":")", role, R"(","nonce":")", nonce, R"(","jti":)",
                             ++count_, R"(,"exp":)", absl::ToUnixSeconds(absl::Now()) + 600, "}"));
  }
  Answer<v1::CreateSessionResponse> LogIn(const std::string& id_token,
                                          const std::string& nonce = "nonce") {
    v1::CreateSessionRequest request;
    request.set_id_token(id_token);
    request.set_nonce(nonce);
    return Ask(*stub, &Stub::CreateSession, request);
  }
  Answer<v1::Caller> WhoIs(const std::string& token) {
    return Ask(*stub, &Stub::GetCaller, v1::GetCallerRequest(), token);
  }

  std::unique_ptr<ApiServer> server;
  std::unique_ptr<Stub> stub;

 private:
  TempFolder folder_;
  const SigningKey key_ = SigningKey(SignatureAlgorithm::kEs256, "key");
  std::unique_ptr<JwtVerifier> verifier_;
  int count_ = 0;
};

// The other signature that ECDSA has for the same text: (r, n - s).
std::string WithSecondSignature(const std::string& token) {
  const size_t dot = token.rfind('.');
  std::string signature;
  REQUIRE(Base64UrlDecode(token.substr(dot + 1), &signature));
  auto* s = reinterpret_cast<unsigned char*>(signature.data()) + 32;
  EC_GROUP* group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
  BIGNUM* number = BN_bin2bn(s, 32, nullptr);
  BN_sub(number, EC_GROUP_get0_order(group), number);
  BN_bn2binpad(number, s, 32);
  BN_free(number);
  EC_GROUP_free(group);
  return StrCat(token.substr(0, dot + 1), Base64UrlEncode(AsBytes(signature)));
}

}  // namespace

TEST_CASE("who wants to log in learns where, without a credential") {
  LoginWorld world;
  const auto options = Ask(*world.stub, &Stub::GetLoginOptions, v1::GetLoginOptionsRequest(), "");
  REQUIRE(options.status.ok());
  REQUIRE(options.response.issuers_size() == 1);
  CHECK(options.response.issuers(0).issuer() == "https://idp.test");
  CHECK(options.response.issuers(0).client_id() == "cli");
  CHECK(options.response.issuers(0).scopes_size() == 2);
}

TEST_CASE("a session is its person with the role of the claims, until it is ended") {
  LoginWorld world;
  const auto created = world.LogIn(world.IdToken("mia", "auditor"));
  REQUIRE(created.status.error_message() == "");
  const std::string token = created.response.token();
  CHECK_THAT(token, Catch::StartsWith("lho_"));
  CHECK(created.response.caller().credential() == "credentials/1");
  const auto who = world.WhoIs(token);
  REQUIRE(who.status.ok());
  CHECK(who.response.principal() == "operator:idp:mia");
  CHECK(who.response.role() == v1::ROLE_AUDITOR);
  CHECK(who.response.method() == "operator_session");
  v1::CreateAgentRequest create;
  create.mutable_agent()->set_name("agents/intruder");
  CHECK(Ask(*world.stub, &Stub::CreateAgent, create, token).reason() == "ROLE_FORBIDDEN");

  // Another person's session is not theirs to end.
  const auto other = world.LogIn(world.IdToken("ann", "auditor"));
  v1::EndSessionRequest end;
  end.set_name("credentials/1");
  CHECK(Ask(*world.stub, &Stub::EndSession, end, other.response.token()).reason() ==
        "ROLE_FORBIDDEN");
  CHECK(world.WhoIs(token).status.ok());
  CHECK(Ask(*world.stub, &Stub::EndSession, v1::EndSessionRequest(), token).status.ok());
  CHECK(world.WhoIs(token).reason() == "CREDENTIAL_REVOKED");
  CHECK(world.WhoIs(other.response.token()).status.ok());
}

TEST_CASE("somebody else ends a session by revoking its credential") {
  LoginWorld world;
  const std::string stolen = world.LogIn(world.IdToken("eve", "security")).response.token();
  const std::string other = world.LogIn(world.IdToken("mia", "security")).response.token();
  v1::RevokeRequest revoke;
  revoke.mutable_selector()->set_credential(world.WhoIs(stolen).response.credential());
  revoke.set_reason("she left");
  const auto operators = v1::RevocationService::NewStub(world.server->admin());
  REQUIRE(Ask(*operators, &v1::RevocationService::Stub::Revoke, revoke).status.ok());
  CHECK(world.WhoIs(stolen).reason() == "CREDENTIAL_REVOKED");
  CHECK(world.WhoIs(other).status.ok());
}

TEST_CASE("an ID token gives one session, also after a restart and with its other signature") {
  LoginWorld world;
  const std::string id_token = world.IdToken("mia", "security");
  const auto created = world.LogIn(id_token);
  REQUIRE(created.status.ok());
  CHECK(world.LogIn(id_token).reason() == "TOKEN_REJECTED");
  CHECK(world.LogIn(WithSecondSignature(id_token)).reason() == "TOKEN_REJECTED");
  world.server->Restart();
  world.stub = v1::IdentityService::NewStub(world.server->tcp());
  CHECK(world.LogIn(id_token).reason() == "TOKEN_REJECTED");
  CHECK(world.WhoIs(created.response.token()).response.role() == v1::ROLE_SECURITY);
}

TEST_CASE("an ID token is no bearer token: not before its login, nor after, nor after the logout") {
  LoginWorld world;
  const std::string id_token = world.IdToken("mia", "security");
  CHECK(world.WhoIs(id_token).reason() == "TOKEN_REJECTED");
  const auto created = world.LogIn(id_token);
  REQUIRE(created.status.ok());
  CHECK(world.WhoIs(id_token).reason() == "TOKEN_REJECTED");
  REQUIRE(Ask(*world.stub, &Stub::EndSession, v1::EndSessionRequest(), created.response.token())
              .status.ok());
  CHECK(world.WhoIs(id_token).reason() == "TOKEN_REJECTED");
}

TEST_CASE("the other signature of a token is a valid one, so remembering signatures would not do") {
  LoginWorld world;
  const std::string id_token = world.IdToken("mia", "security");
  CHECK(world.LogIn(WithSecondSignature(id_token)).status.ok());
}

TEST_CASE("logins that prove nothing are refused and slowed down") {
  LoginWorld world;
  CHECK(world.LogIn(world.IdToken("mia", "auditor"), "other").reason() == "TOKEN_REJECTED");
  CHECK(world.LogIn(world.IdToken("mia", "nobody")).reason() == "TOKEN_REJECTED");
  CHECK(world.LogIn("").reason() == "TOKEN_REJECTED");
  CHECK(world.LogIn(std::string(1 << 20, 'a')).reason() == "TOKEN_REJECTED");
  std::string last;
  for (int i = 0; i < 10 && last != "RATE_LIMITED"; ++i) {
    last = world.LogIn("a.b.c").reason();
  }
  CHECK(last == "RATE_LIMITED");
}

TEST_CASE("a session is named by number, or it is the caller's own") {
  LoginWorld world;
  const auto operators = v1::IdentityService::NewStub(world.server->admin());
  v1::EndSessionRequest end;
  for (const char* wrong : {"", "1", "credentials/", "credentials/0", "credentials/01",
                            "credentials/x", "agents/a/tokens/1"}) {
    CAPTURE(wrong);
    end.set_name(wrong);
    CHECK(Ask(*operators, &Stub::EndSession, end).reason() == "INVALID_ARGUMENT");
  }
  end.set_name("credentials/7");
  CHECK(Ask(*operators, &Stub::EndSession, end).reason() == "NOT_FOUND");
}

}  // namespace leasehold
