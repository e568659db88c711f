#include "server/identity/authenticator.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/base/token_text.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

using Way = Presented::Way;

std::string NewToken(TokenKind kind) {
  uint8_t random[32];
  RandomBytes(random);
  return FrameToken(kind, random);
}

// Agents with a token of each fate.
class Callers {
 public:
  Callers() {
    world.CreateAgent("bot");
    world.CreateAgent("gone");
    world.CreateAgent("temp", world.authority().Now() + absl::Minutes(30));
    good = Issue("bot", absl::Hours(24));
    short_lived = Issue("bot", absl::Minutes(30));
    revoked = Issue("bot", absl::Hours(24));
    of_temp = Issue("temp", absl::Hours(24));
    of_gone = Issue("gone", absl::Hours(24));
    world.RevokeToken({.agent = world.state().entities().FindByName(EntityKind::kAgent, "bot")->uid,
                       .credential = CredentialId(3)});
    world.Delete(EntityKind::kAgent, "gone");
    world.CreateAgent("gone");
  }

  std::string Issue(std::string_view agent, absl::Duration ttl) {
    const std::string token = NewToken(TokenKind::kAgentToken);
    const TokenIssue issue{.principal = LeaseWorld::Operator(),
                           .agent = MustName(agent),
                           .token_hash = Sha256Of(AsBytes(token)),
                           .ttl = ttl};
    REQUIRE(world
                .Await(world.Submit<IssuedToken>(
                    Urgency::kNormal, [&](Transaction& tx) { return IssueToken(tx, issue); }))
                .ok());
    return token;
  }

  absl::StatusOr<Principal> Authenticate(Way way, const std::string& authorization,
                                         std::string_view os_agent = "") {
    return Authenticator(world.authority().published(), world.committer().clock())
        .Authenticate({.way = way,
                       .os_user = way == Way::kTcp ? "" : "uid=1000",
                       .os_agent = os_agent,
                       .authorization = authorization,
                       .address = way == Way::kTcp ? "127.0.0.1" : "unix"});
  }

  LeaseWorld world;
  std::string good;
  std::string short_lived;
  std::string revoked;
  std::string of_temp;
  std::string of_gone;
};

}  // namespace

TEST_CASE("who calls follows from the way in and the credential, and nothing else") {
  Callers callers;
  const std::string good = "Bearer " + callers.good;
  struct Row {
    const char* why;
    Way way;
    std::string authorization;
    std::string os_agent;
    Reason reason;
    Role role;
    std::string name;
  };
  const std::vector<Row> table = {
      {"nothing over TCP", Way::kTcp, "", "", Reason::kUnauthenticated, Role::kNone, ""},
      {"nothing over TCP, whatever the OS user", Way::kTcp, "", "bot", Reason::kUnauthenticated,
       Role::kNone, ""},
      {"a token over TCP", Way::kTcp, good, "", Reason::kNone, Role::kAgent, "agents/bot"},
      {"a token at the agents' socket", Way::kAgent, good, "", Reason::kNone, Role::kAgent,
       "agents/bot"},
      {"a token beats the OS user", Way::kAgent, good, "temp", Reason::kNone, Role::kAgent,
       "agents/bot"},
      {"an OS user that is an agent", Way::kAgent, "", "bot", Reason::kNone, Role::kAgent,
       "agents/bot"},
      {"an OS user whose agent does not exist", Way::kAgent, "", "nobody", Reason::kUnauthenticated,
       Role::kNone, ""},
      {"an OS user that is none", Way::kAgent, "", "", Reason::kUnauthenticated, Role::kNone, ""},
      {"the operator", Way::kAdmin, "", "", Reason::kNone, Role::kAdmin, "operator:uid=1000"},
      {"the operator at the revocations' socket", Way::kRevoke, "", "", Reason::kNone, Role::kAdmin,
       "operator:uid=1000"},
      {"a credential narrows", Way::kAdmin, good, "", Reason::kNone, Role::kAgent, "agents/bot"},
      {"a bad credential does not fall back", Way::kAdmin, "Bearer lha_x", "",
       Reason::kTokenMalformed, Role::kNone, ""},
      {"an agent that is configured for an OS user is no operator's business", Way::kAdmin, "",
       "bot", Reason::kNone, Role::kAdmin, "operator:uid=1000"},
      {"an adapter", Way::kAdapter, "", "", Reason::kNone, Role::kAdapter, "adapter:uid=1000"},
      {"an agent's credential at the adapters' socket", Way::kAdapter, good, "",
       Reason::kRoleForbidden, Role::kNone, ""},
      {"anything at the adapters' socket", Way::kAdapter, "x", "", Reason::kRoleForbidden,
       Role::kNone, ""},
      {"another scheme", Way::kTcp, "Basic " + callers.good, "", Reason::kUnauthenticated,
       Role::kNone, ""},
      {"no scheme", Way::kTcp, callers.good, "", Reason::kUnauthenticated, Role::kNone, ""},
      {"small letters", Way::kTcp, "bearer " + callers.good, "", Reason::kUnauthenticated,
       Role::kNone, ""},
      {"no token", Way::kTcp, "Bearer ", "", Reason::kTokenMalformed, Role::kNone, ""},
      {"two blanks", Way::kTcp, "Bearer  " + callers.good, "", Reason::kTokenMalformed, Role::kNone,
       ""},
      {"something behind it", Way::kTcp, good + " ", "", Reason::kTokenMalformed, Role::kNone, ""},
      {"a token of another server", Way::kTcp, "Bearer " + NewToken(TokenKind::kAgentToken), "",
       Reason::kUnauthenticated, Role::kNone, ""},
      {"a lease token", Way::kTcp, "Bearer " + NewToken(TokenKind::kLeaseToken), "",
       Reason::kUnauthenticated, Role::kNone, ""},
      {"a handle", Way::kTcp, "Bearer " + NewToken(TokenKind::kBrokerHandle), "",
       Reason::kUnauthenticated, Role::kNone, ""},
      {"an enrolment token", Way::kTcp, "Bearer " + NewToken(TokenKind::kEnrolmentToken), "",
       Reason::kTokenMalformed, Role::kNone, ""},
      {"a revoked token", Way::kTcp, "Bearer " + callers.revoked, "", Reason::kCredentialRevoked,
       Role::kNone, ""},
      {"a token of an agent that was deleted, though the name is back", Way::kTcp,
       "Bearer " + callers.of_gone, "", Reason::kUnauthenticated, Role::kNone, ""},
  };
  for (const Row& row : table) {
    CAPTURE(row.why);
    const absl::StatusOr<Principal> principal =
        callers.Authenticate(row.way, row.authorization, row.os_agent);
    CHECK(ReasonOf(principal.status()) == row.reason);
    if (!principal.ok()) {
      // Never quoted, not even a part that would do for a search.
      if (row.authorization.size() > 20) {
        CHECK(principal.status().message().find(row.authorization.substr(11, 12)) ==
              std::string_view::npos);
      }
      continue;
    }
    CHECK(principal->role == row.role);
    CHECK(principal->name == row.name);
    CHECK(principal->address == (row.way == Way::kTcp ? "127.0.0.1" : "unix"));
    CHECK(principal->agent.empty() == (row.role != Role::kAgent));
    const bool by_token = row.role == Role::kAgent && !row.authorization.empty();
    CHECK(principal->credential.empty() == !by_token);
    CHECK(principal->method == (by_token ? AuthMethod::kAgentToken : AuthMethod::kPeerCredentials));
    CHECK(principal->expire_time.has_value() == by_token);
  }
}

TEST_CASE("an agent token with one flipped bit anywhere proves nothing") {
  Callers callers;
  for (size_t bit = 0; bit < callers.good.size() * 8; ++bit) {
    std::string bad = callers.good;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    CAPTURE(bit);
    REQUIRE(!callers.Authenticate(Way::kTcp, "Bearer " + bad).ok());
  }
  const std::string body = *UnframeToken(TokenKind::kAgentToken, callers.good);
  for (size_t bit = 0; bit < body.size() * 8; ++bit) {
    std::string bad = body;
    bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
    const std::string text = FrameToken(TokenKind::kAgentToken, AsBytes(bad));
    REQUIRE(ReasonOf(callers.Authenticate(Way::kTcp, "Bearer " + text).status()) ==
            Reason::kUnauthenticated);
  }
}

TEST_CASE("tokens and agents end at their time, by the ledger's clock") {
  Callers callers;
  auto reason = [&](const std::string& token) {
    return ReasonOf(callers.Authenticate(Way::kTcp, "Bearer " + token).status());
  };
  callers.world.clock().Advance(absl::Minutes(30) - absl::Milliseconds(1));
  CHECK(reason(callers.short_lived) == Reason::kNone);
  CHECK(reason(callers.of_temp) == Reason::kNone);
  callers.world.clock().Advance(absl::Milliseconds(1));
  CHECK(reason(callers.short_lived) == Reason::kCredentialExpired);
  CHECK(reason(callers.of_temp) == Reason::kAgentExpired);
  CHECK(ReasonOf(callers.Authenticate(Way::kAgent, "", "temp").status()) == Reason::kAgentExpired);
  CHECK(reason(callers.good) == Reason::kNone);
  // Setting the clock back brings none of them to life.
  callers.world.clock().StepWall(absl::Hours(-2));
  CHECK(reason(callers.short_lived) == Reason::kCredentialExpired);
  CHECK(reason(callers.of_temp) == Reason::kAgentExpired);
  callers.world.clock().Advance(absl::Hours(24));
  CHECK(reason(callers.good) == Reason::kCredentialExpired);
}

TEST_CASE("a revocation of a token counts from its acknowledgement, also after a restart") {
  Callers callers;
  REQUIRE(callers.Authenticate(Way::kTcp, "Bearer " + callers.good).ok());
  const Principal principal = *callers.Authenticate(Way::kTcp, "Bearer " + callers.good);
  callers.world.RevokeToken(principal);
  CHECK(ReasonOf(callers.Authenticate(Way::kTcp, "Bearer " + callers.good).status()) ==
        Reason::kCredentialRevoked);
  callers.world.Restart();
  CHECK(ReasonOf(callers.Authenticate(Way::kTcp, "Bearer " + callers.good).status()) ==
        Reason::kCredentialRevoked);
  CHECK(callers.Authenticate(Way::kTcp, "Bearer " + callers.short_lived)->name == "agents/bot");
}

}  // namespace leasehold
