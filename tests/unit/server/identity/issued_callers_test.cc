#include "server/identity/issued_callers.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"
#include "server/identity/authenticator.h"
#include "server/leases/operations/sessions.h"
#include "tests/support/lease_world.h"
#include "tests/support/signing_key.h"
#include "tests/support/temp_folder.h"

namespace leasehold {
namespace {

using Way = Presented::Way;

// A server that trusts one issuer, and what comes in at it.
class Callers {
 public:
  Callers() {
    std::ofstream(folder.File("keys.json")) << KeySet({&key});
    auto started = JwtVerifier::Start(
        {{.issuer = "https://issuer.test",
          .alias = "test",
          .audiences = {"leasehold"},
          .algorithms = {SignatureAlgorithm::kEdDsa},
          .jwks_file = folder.File("keys.json"),
          .rules = {{.when = {{"sub", "agent:(?P<name>.+)"}},
                     .agent = "{name}",
                     .groups = {{.claim = "groups"}},
                     .on_behalf_of = "actor"},
                    {.when = {{"role", "security"}}, .role = Role::kSecurity}}}});
    REQUIRE(started.ok());
    verifier = *std::move(started);
    world.CreateAgent("bot");
    world.CreateAgent("temp", world.authority().Now() + absl::Minutes(30));
  }

  std::string Token(std::string_view claims, absl::Duration ttl = absl::Minutes(10)) {
    const int64_t end = absl::ToUnixSeconds(world.authority().Now().ToTime() + ttl);
    return key.Token(
        StrCat(R"({"iss":"https://issuer.test","aud":"leasehold","exp":)", end, ",", claims, "}"));
  }
  std::string NewSession(Role role, absl::Duration ttl = absl::Hours(8)) {
    std::array<uint8_t, 32> random;
    RandomBytes(random);
    std::string token = FrameToken(TokenKind::kOperatorSession, random);
    const SessionStart start{.principal = {.role = role,
                                           .method = AuthMethod::kJwt,
                                           .name = "operator:test:mia",
                                           .address = "unix"},
                             .token_hash = Sha256Of(AsBytes(token)),
                             .request_hash = RequestHash("", "", token, token),
                             .ttl = ttl};
    REQUIRE(world
                .Await(world.Submit<StartedSession>(
                    Urgency::kNormal, [&](Transaction& tx) { return StartSession(tx, start); }))
                .ok());
    return token;
  }
  absl::StatusOr<Principal> Authenticate(const std::string& token, Way way = Way::kTcp) {
    const IssuedCallers issued(world.authority().published(), world.committer().clock(),
                               verifier.get());
    return Authenticator(world.authority().published(), world.committer().clock(), nullptr, &issued)
        .Authenticate({.way = way,
                       .os_user = way == Way::kTcp ? "" : "uid=1000",
                       .authorization = "Bearer " + token,
                       .address = "127.0.0.1"});
  }
  Reason ReasonFor(const std::string& token, Way way = Way::kTcp) {
    return ReasonOf(Authenticate(token, way).status());
  }

  TempFolder folder;
  const SigningKey key = SigningKey(SignatureAlgorithm::kEdDsa, "key");
  std::unique_ptr<JwtVerifier> verifier;
  LeaseWorld world;
};

}  // namespace

TEST_CASE("a JSON Web Token is its agent, with user and groups") {
  Callers callers;
  const auto principal = callers.Authenticate(
      callers.Token(R"("sub":"agent:bot","actor":"mia","groups":["deployers","x y"])"));
  REQUIRE(principal.ok());
  CHECK(principal->role == Role::kAgent);
  CHECK(principal->method == AuthMethod::kJwt);
  CHECK(principal->name == "agents/bot");
  CHECK(principal->agent ==
        callers.world.state().entities().FindByName(EntityKind::kAgent, "bot")->uid);
  CHECK(principal->credential.empty());
  CHECK(principal->user == "test:mia");
  CHECK(principal->claimed_groups == std::vector<std::string>{"deployers"});
  CHECK(principal->expire_time.has_value());
  CHECK(principal->address == "127.0.0.1");
}

TEST_CASE("a JSON Web Token of a person has the role of the rules") {
  Callers callers;
  const auto principal = callers.Authenticate(callers.Token(R"("sub":"mia","role":"security")"));
  REQUIRE(principal.ok());
  CHECK(principal->role == Role::kSecurity);
  CHECK(principal->name == "operator:test:mia");
  CHECK(principal->user == "test:mia");
  CHECK(principal->agent.empty());
}

TEST_CASE("a JSON Web Token does not make agents, nor outlive them") {
  Callers callers;
  const std::string temp = callers.Token(R"("sub":"agent:temp","actor":"m")", absl::Hours(2));
  CHECK(callers.ReasonFor(callers.Token(R"("sub":"agent:new","actor":"m")")) ==
        Reason::kUnauthenticated);
  CHECK(callers.ReasonFor(temp) == Reason::kNone);
  callers.world.clock().Advance(absl::Hours(1));
  callers.world.Commit();
  CHECK(callers.ReasonFor(temp) == Reason::kAgentExpired);
  const std::string bot = callers.Token(R"("sub":"agent:bot","actor":"m")");
  CHECK(callers.ReasonFor(bot) == Reason::kNone);
  callers.world.Delete(EntityKind::kAgent, "bot");
  CHECK(callers.ReasonFor(bot) == Reason::kUnauthenticated);
}

TEST_CASE("a credential of an issuer is taken everywhere but at the adapters' socket") {
  Callers callers;
  const std::string token = callers.Token(R"("sub":"agent:bot","actor":"m")");
  CHECK(callers.ReasonFor(token, Way::kAgent) == Reason::kNone);
  CHECK(callers.Authenticate(token, Way::kAdmin)->role == Role::kAgent);
  CHECK(callers.ReasonFor(token, Way::kAdapter) == Reason::kRoleForbidden);
  CHECK(callers.ReasonFor(callers.NewSession(Role::kAdmin), Way::kAdapter) ==
        Reason::kRoleForbidden);
}

TEST_CASE("without a trusted issuer no JSON Web Token counts") {
  Callers callers;
  const std::string token = callers.Token(R"("sub":"agent:bot","actor":"m")");
  callers.verifier = nullptr;
  CHECK(callers.ReasonFor(token) == Reason::kTokenRejected);
  const auto refused = callers.Authenticate(token);
  CHECK(DetailOf(refused.status()).metadata ==
        std::vector<std::pair<std::string, std::string>>{{"method", "jwt"}});
}

TEST_CASE("a session is its person until it ends, is ended, or the person has no role") {
  Callers callers;
  const std::string token = callers.NewSession(Role::kAuditor);
  const auto principal = callers.Authenticate(token);
  REQUIRE(principal.ok());
  CHECK(principal->role == Role::kAuditor);
  CHECK(principal->method == AuthMethod::kOperatorSession);
  CHECK(principal->name == "operator:test:mia");
  CHECK(principal->user == "test:mia");
  CHECK(principal->credential == CredentialId(1));
  SECTION("ends by itself") {
    callers.world.clock().Advance(absl::Hours(8));
    callers.world.Commit();
    CHECK(callers.ReasonFor(token) == Reason::kCredentialExpired);
  }
  SECTION("is ended") {
    const SessionEnd end{*principal, principal->credential};
    REQUIRE(callers.world
                .Await(callers.world.Submit<CredentialId>(
                    Urgency::kUrgent, [&](Transaction& tx) { return EndSession(tx, end); }))
                .ok());
    CHECK(callers.ReasonFor(token) == Reason::kCredentialRevoked);
  }
  SECTION("has the role of the last login") {
    callers.NewSession(Role::kSecurity);
    CHECK(callers.Authenticate(token)->role == Role::kSecurity);
  }
}

TEST_CASE("what looks like a session and is none is refused") {
  Callers callers;
  std::string token = callers.NewSession(Role::kAdmin);
  const std::string good = token;
  token[10] = token[10] == 'A' ? 'B' : 'A';
  CHECK(callers.ReasonFor(token) == Reason::kTokenMalformed);
  std::array<uint8_t, 32> random;
  RandomBytes(random);
  CHECK(callers.ReasonFor(FrameToken(TokenKind::kOperatorSession, random)) ==
        Reason::kUnauthenticated);
  CHECK(callers.ReasonFor(good) == Reason::kNone);
}

}  // namespace leasehold
