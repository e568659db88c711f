#include "server/identity/jwt/jwt_verifier.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/signing_key.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

constexpr auto kEs256 = SignatureAlgorithm::kEs256;
constexpr char kIssuer[] = "https://issuer.test";
const absl::Time kNow = absl::FromUnixSeconds(1'800'000'000);

class World {
 public:
  World() {
    std::ofstream(folder.File("keys.json")) << KeySet({&key, &rsa});
    JwtIssuer issuer{.issuer = kIssuer,
                     .alias = "test",
                     .audiences = {"leasehold", "people"},
                     .algorithms = {kEs256, SignatureAlgorithm::kRs256},
                     .jwks_file = folder.File("keys.json"),
                     .rules = {{.when = {{"sub", "agent-(?P<name>.+)"}}, .agent = "{name}"},
                               {.when = {{"sub", "alice"}}, .role = Role::kAdmin}},
                     .login = {.client_id = "people"}};
    auto started = JwtVerifier::Start({issuer});
    REQUIRE(started.ok());
    verifier = *std::move(started);
  }

  // Claims of a good token, where `changed` stands in place of those it names.
  static std::string Claims(std::string_view changed = "") {
    std::string out = "{";
    const auto add = [&](std::string_view name, std::string_view value) {
      if (changed.find(StrCat("\"", name, "\":")) != std::string_view::npos) return;
      StrAppend(&out, out == "{" ? "" : ",", "\"", name, "\":", value);
    };
    add("iss", "\"https://issuer.test\"");
    add("aud", "[\"other\",\"leasehold\"]");
    add("sub", "\"agent-bot\"");
    add("exp", StrCat(absl::ToUnixSeconds(kNow) + 600));
    add("iat", StrCat(absl::ToUnixSeconds(kNow)));
    StrAppend(&out, changed.empty() || out == "{" ? "" : ",", changed, "}");
    return out;
  }

  Reason Verify(const std::string& token, absl::Time now = kNow) const {
    return ReasonOf(verifier->Verify(token, now).status());
  }

  TempFolder folder;
  const SigningKey key = SigningKey(kEs256, "key");
  // One for all cases: it takes a quarter of a second to make.
  inline static const SigningKey rsa = SigningKey(SignatureAlgorithm::kRs256, "rsa");
  std::unique_ptr<JwtVerifier> verifier;
};

std::string Seconds(int offset) { return StrCat(absl::ToUnixSeconds(kNow) + offset); }

}  // namespace

TEST_CASE("a token of the issuer, for us and in time stands for whom the rules say") {
  const World world;
  for (const std::string& token :
       {world.key.Token(World::Claims()), world.rsa.Token(World::Claims())}) {
    const auto verified = world.verifier->Verify(token, kNow);
    REQUIRE(verified.ok());
    CHECK((*verified)->who.agent == "bot");
    CHECK((*verified)->expire_time == kNow + absl::Minutes(10));
    // The second time from memory: it is the same object.
    CHECK(world.verifier->Verify(token, kNow)->get() == verified->get());
  }
}

TEST_CASE("a token is refused for each claim that does not fit") {
  const World world;
  struct Row {
    std::string changed;
    Reason reason;
  };
  const Row row = GENERATE(values<Row>({
      {R"("iss":"https://issuer.test/")", Reason::kTokenRejected},
      {R"("iss":"https://evil.test")", Reason::kTokenRejected},
      {R"("iss":7)", Reason::kTokenRejected},
      {R"("iss":null)", Reason::kTokenRejected},
      {R"("aud":"other")", Reason::kTokenRejected},
      {R"("aud":[])", Reason::kTokenRejected},
      {R"("aud":"LEASEHOLD")", Reason::kTokenRejected},
      {R"("aud":{"leasehold":1})", Reason::kTokenRejected},
      {R"("aud":"leasehold")", Reason::kNone},
      {R"("sub":"somebody")", Reason::kTokenRejected},
      {StrCat(R"("exp":)", Seconds(-59)), Reason::kNone},
      {StrCat(R"("exp":)", Seconds(-59), ".5"), Reason::kNone},
      {StrCat(R"("exp":)", Seconds(-60)), Reason::kCredentialExpired},
      {R"("exp":0)", Reason::kCredentialExpired},
      {R"("exp":"tomorrow")", Reason::kTokenRejected},
      {R"("exp":null)", Reason::kTokenRejected},
      {R"("exp":-1)", Reason::kTokenRejected},
      {R"("exp":1e300)", Reason::kTokenRejected},
      {StrCat(R"("nbf":)", Seconds(60)), Reason::kNone},
      {StrCat(R"("nbf":)", Seconds(61)), Reason::kTokenRejected},
      {R"("nbf":"x")", Reason::kTokenRejected},
      {StrCat(R"("iat":)", Seconds(60)), Reason::kNone},
      {StrCat(R"("iat":)", Seconds(61)), Reason::kTokenRejected},
  }));
  INFO(row.changed);
  CHECK(world.Verify(world.key.Token(World::Claims(row.changed))) == row.reason);
}

TEST_CASE("a token without an end is refused") {
  const World world;
  CHECK(world.Verify(world.key.Token(
            R"({"iss":"https://issuer.test","aud":"leasehold","sub":"agent-bot"})")) ==
        Reason::kTokenRejected);
}

TEST_CASE("a token that was verified ends in time although it is remembered") {
  const World world;
  const std::string token = world.key.Token(World::Claims());
  REQUIRE(world.Verify(token) == Reason::kNone);
  CHECK(world.Verify(token, kNow + absl::Seconds(659)) == Reason::kNone);
  CHECK(world.Verify(token, kNow + absl::Seconds(660)) == Reason::kCredentialExpired);
}

TEST_CASE("forged tokens are refused") {
  static const World& world = *new World();  // static, since the rows below cannot copy it
  const std::string claims = World::Claims();
  const SigningKey stranger(kEs256, "key");
  const SigningKey ed(SignatureAlgorithm::kEdDsa, "key");
  const std::string hmac_text = SignedText(R"({"alg":"HS256","kid":"rsa"})", claims);
  const std::string none_text = SignedText(R"({"alg":"none"})", claims);
  struct Row {
    const char* why;
    std::string token;
  };
  const Row row = GENERATE_COPY(values<Row>({
      {"another's key under the same kid", stranger.Token(claims)},
      {"HMAC with the public key as secret",
       StrCat(hmac_text, ".",
              Base64UrlEncode(HmacSha256(AsBytes(world.rsa.PublicPem()), AsBytes(hmac_text))))},
      {"alg none without a signature", none_text + "."},
      {"alg none with one", none_text + ".AAAA"},
      {"an algorithm that is not allowed for the issuer", ed.Token(claims)},
      {"another algorithm with the key",
       world.key.TokenWithHeader(R"({"alg":"RS256","kid":"key"})", claims)},
      {"an RSA key by an algorithm that the issuer may not use",
       world.rsa.TokenWithHeader(R"({"alg":"PS256","kid":"rsa"})", claims)},
      {"the stranger's key in the head",
       stranger.TokenWithHeader(StrCat(R"({"alg":"ES256","jwk":)", stranger.Jwk(), "}"), claims)},
      {"too large",
       world.key.Token(World::Claims(StrCat(R"("x":")", std::string(16 * 1024, 'x'), "\"")))},
      {"a claim twice", world.key.Token(R"({"iss":"https://issuer.test","sub":"a","sub":"b"})")},
  }));
  INFO(row.why);
  CHECK(world.Verify(row.token) == Reason::kTokenRejected);
}

TEST_CASE("a kid that is a path, or very long, is a string that does not match") {
  const World world;
  const std::string kid = GENERATE(as<std::string>{}, "../../../../dev/null", "/etc/passwd",
                                   "'; drop table keys; --", std::string(10'000, 'k'));
  const std::string token =
      world.key.TokenWithHeader(StrCat(R"({"alg":"ES256","kid":")", kid, R"("})"), World::Claims());
  // The first one may be a key that the issuer has just made.
  CHECK(world.Verify(token) == Reason::kIssuerUnavailable);
}

TEST_CASE("a token without a kid is checked with the issuer's only key for its algorithm") {
  const World world;
  CHECK(world.Verify(world.key.TokenWithHeader(R"({"alg":"ES256"})", World::Claims())) ==
        Reason::kNone);
}

TEST_CASE("an ID token logs in the person with the nonce of the login, at the client that asked") {
  const World world;
  struct Row {
    std::string changed;
    std::string nonce;
    Reason reason;
  };
  const Row row = GENERATE(values<Row>({
      {R"("sub":"alice","aud":"people","nonce":"n")", "n", Reason::kNone},
      {R"("sub":"alice","aud":"people","nonce":"n","azp":"people")", "n", Reason::kNone},
      {R"("sub":"alice","aud":"people","nonce":"n","azp":"other")", "n", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"people","nonce":"n","azp":["people"])", "n", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"leasehold","nonce":"n")", "n", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"people","nonce":"n")", "m", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"people","nonce":"n")", "", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"people","nonce":"")", "", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"people")", "n", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"people")", "", Reason::kNone},
      {R"("sub":"alice","aud":"people","nonce":null)", "", Reason::kNone},
      {R"("sub":"agent-bot","aud":"people","nonce":"n")", "n", Reason::kTokenRejected},
      {R"("sub":"bob","aud":"people","nonce":"n")", "n", Reason::kTokenRejected},
      {StrCat(R"("sub":"alice","aud":"people","nonce":"n","exp":)", Seconds(24 * 3600)), "n",
       Reason::kTokenRejected},
  }));
  INFO(row.changed);
  const auto verified =
      world.verifier->VerifyLogin(world.key.Token(World::Claims(row.changed)), row.nonce, kNow);
  CHECK(ReasonOf(verified.status()) == row.reason);
  if (verified.ok()) {
    CHECK(verified->who.role == Role::kAdmin);
    CHECK(verified->who.operator_name == "operator:test:alice");
  }
}

TEST_CASE("an ID token is no bearer token, nor is what else the login's client gets") {
  const World world;
  struct Row {
    std::string changed;
    Reason reason;
  };
  const Row row = GENERATE(values<Row>({
      {R"("sub":"alice","aud":"people","nonce":"n")", Reason::kTokenRejected},
      {R"("sub":"alice","aud":["people"])", Reason::kTokenRejected},
      {R"("sub":"alice","aud":["leasehold","people"])", Reason::kTokenRejected},
      {R"("sub":"agent-bot","aud":["leasehold","people"])", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"leasehold","azp":"people")", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"leasehold","azp":["people"])", Reason::kTokenRejected},
      {R"("sub":"alice","aud":"leasehold","azp":"another")", Reason::kNone},
      {R"("sub":"alice","aud":"leasehold")", Reason::kNone},
  }));
  INFO(row.changed);
  const std::string token = world.key.Token(World::Claims(row.changed));
  CHECK(world.Verify(token) == row.reason);
  // Not from memory either, after it has logged in.
  (void)world.verifier->VerifyLogin(token, "n", kNow).status();
  CHECK(world.Verify(token) == row.reason);
}

TEST_CASE("a verifier does not start with a rule or a file that is wrong") {
  TempFolder folder;
  JwtIssuer issuer{.issuer = kIssuer,
                   .alias = "test",
                   .jwks_file = folder.File("keys.json"),
                   .rules = {{.when = {{"sub", "x"}}, .agent = "x"}}};
  CHECK(ReasonOf(JwtVerifier::Start({issuer}).status()) == Reason::kConfigInvalid);
  std::ofstream(folder.File("keys.json")) << "{}";
  CHECK(ReasonOf(JwtVerifier::Start({issuer}).status()) == Reason::kConfigInvalid);
  issuer.rules[0].agent.clear();
  CHECK(ReasonOf(JwtVerifier::Start({issuer}).status()) == Reason::kConfigInvalid);
}

}  // namespace leasehold
