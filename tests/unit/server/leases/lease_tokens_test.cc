#include "server/leases/lease_tokens.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

constexpr char kPolicies[] = R"(
  policies { name: "all" subjects { agents: "**" } secrets: "**"
             allow { target: "github" access: ACCESS_READ } })";

// What stands between prefix and checksum, and a token around it that has the right checksum: what
// somebody can make who knows the format and not the key.
std::string BodyOf(TokenKind kind, const std::string& token) { return *UnframeToken(kind, token); }
std::string WithBody(TokenKind kind, const std::string& body) {
  return FrameToken(kind, AsBytes(body));
}

}  // namespace

TEST_CASE("a lease token with one flipped bit anywhere is refused, and no error quotes it") {
  LeaseWorld world;
  const LeaseTokens& tokens = world.authority().tokens();
  for (TokenKind kind : {TokenKind::kLeaseToken, TokenKind::kBrokerHandle}) {
    const LeaseTokenClaims claims{
        .kind = kind, .epoch = world.state().epoch(), .lease = LeaseNumber(77)};
    const std::string token = tokens.Issue(claims).value();
    REQUIRE(tokens.Parse(token).ok());

    // In the text: the checksum finds it.
    for (size_t bit = 0; bit < token.size() * 8; ++bit) {
      std::string bad = token;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      const absl::Status refused = tokens.Parse(bad).status();
      CAPTURE(bit, refused.ToString());
      REQUIRE(ReasonOf(refused) == Reason::kTokenMalformed);
      REQUIRE(refused.message().find(bad.substr(4)) == std::string_view::npos);
    }
    // In the bytes, with a checksum that fits: format, key number, log, epoch, lease, MAC.
    const std::string body = BodyOf(kind, token);
    REQUIRE(body.size() == 43);
    for (size_t bit = 0; bit < body.size() * 8; ++bit) {
      std::string bad = body;
      bad[bit / 8] = static_cast<char>(bad[bit / 8] ^ (1 << bit % 8));
      const std::string text = WithBody(kind, bad);
      const absl::Status refused = tokens.Parse(text).status();
      const size_t byte = bit / 8;
      const Reason want = byte == 0                ? Reason::kTokenFormat
                          : byte >= 3 && byte < 11 ? Reason::kTokenForeign
                                                   : Reason::kUnauthenticated;
      CAPTURE(bit, refused.ToString());
      REQUIRE(ReasonOf(refused) == want);
      REQUIRE(refused.message().find(text.substr(4)) == std::string_view::npos);
    }
  }
}

TEST_CASE("a token says its kind, epoch and lease, and nothing is taken for another kind") {
  LeaseWorld world;
  const LeaseTokens& tokens = world.authority().tokens();
  for (uint64_t lease : {uint64_t{1}, uint64_t{255}, uint64_t{1} << 40, ~uint64_t{0}}) {
    for (TokenKind kind : {TokenKind::kLeaseToken, TokenKind::kBrokerHandle}) {
      const std::string text =
          tokens
              .Issue(
                  {.kind = kind, .epoch = Epoch(0x0123456789abcdef), .lease = LeaseNumber(lease)})
              .value();
      const absl::StatusOr<LeaseTokenClaims> claims = tokens.Parse(text);
      REQUIRE(claims.ok());
      CHECK(claims->kind == kind);
      CHECK(claims->epoch == Epoch(0x0123456789abcdef));
      CHECK(claims->lease == LeaseNumber(lease));

      // The same bytes under the other prefix.
      const TokenKind other =
          kind == TokenKind::kLeaseToken ? TokenKind::kBrokerHandle : TokenKind::kLeaseToken;
      CHECK(ReasonOf(tokens.Parse(WithBody(other, BodyOf(kind, text))).status()) ==
            Reason::kUnauthenticated);
    }
  }
}

TEST_CASE("what is no token of this store is refused with its own reason") {
  LeaseWorld world;
  LeaseWorld other;
  const LeaseTokens& tokens = world.authority().tokens();
  const LeaseTokenClaims claims{.epoch = world.state().epoch(), .lease = LeaseNumber(1)};
  const std::string good = tokens.Issue(claims).value();
  const std::string body = BodyOf(TokenKind::kLeaseToken, good);
  std::string later_format = body;
  later_format[0] = 2;
  std::string no_such_key = body;
  no_such_key[2] = 9;

  struct Row {
    std::string token;
    Reason reason;
  };
  const std::vector<Row> table = {
      {"", Reason::kTokenMalformed},
      {"lhl_", Reason::kTokenMalformed},
      {std::string(4096, 'a'), Reason::kTokenMalformed},
      {good + "A", Reason::kTokenMalformed},
      {good.substr(0, good.size() - 1), Reason::kTokenMalformed},
      {" " + good, Reason::kTokenMalformed},
      {FrameToken(TokenKind::kAgentToken, AsBytes(body)), Reason::kTokenMalformed},
      {WithBody(TokenKind::kLeaseToken, body + "x"), Reason::kTokenMalformed},
      {WithBody(TokenKind::kLeaseToken, body.substr(0, 42)), Reason::kTokenMalformed},
      {WithBody(TokenKind::kLeaseToken, later_format), Reason::kTokenFormat},
      {other.authority().tokens().Issue(claims).value(), Reason::kTokenForeign},
      {WithBody(TokenKind::kLeaseToken, no_such_key), Reason::kUnauthenticated},
  };
  for (size_t row = 0; row < table.size(); ++row) {
    CAPTURE(row);
    const absl::Status refused = tokens.Parse(table[row].token).status();
    CHECK(ReasonOf(refused) == table[row].reason);
    if (table[row].token.size() > 8) {
      CHECK(refused.message().find(table[row].token.substr(4)) == std::string_view::npos);
    }
  }
}

TEST_CASE("a token of an older epoch proves no lease") {
  LeaseWorld world;
  world.CreateSecret("db/login");
  world.CreateTarget("github", {"**"});
  world.CreateAgent("bot");
  world.Apply(kPolicies);
  const Principal bot = world.IssueToken("bot");
  AcquireResult lease = *world.Await(world.Acquire(world.AcquireOf(bot, "db/login")));
  lease.epoch = Epoch(lease.epoch.value() ^ 1);

  const absl::StatusOr<UseReply> used = world.Await(world.Use(world.UseOf(bot, lease, "github")));
  CHECK(ReasonOf(used.status()) == Reason::kRestoredEpoch);
  CHECK(ReasonOf(world.Await(world.Reveal(bot, lease)).status()) == Reason::kRestoredEpoch);
  CHECK(ReasonOf(world.Await(world.Renew(world.RenewOf(bot, lease))).status()) ==
        Reason::kRestoredEpoch);
  CHECK(ReasonOf(world.Await(world.Revoke(LeaseSelector(lease))).status()) ==
        Reason::kRestoredEpoch);
  CHECK(ReasonOf(world.Await(world.Release(lease)).status()) == Reason::kNotFound);
}

}  // namespace leasehold
