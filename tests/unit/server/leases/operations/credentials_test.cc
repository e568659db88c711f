#include "server/leases/operations/credentials.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

Hash NewHash() {
  Hash hash;
  RandomBytes(hash);
  return hash;
}

// The agent as it comes in with a client certificate that nobody has seen yet.
Principal WithCertificate(LeaseWorld& world, std::string_view agent) {
  return {.role = Role::kAgent,
          .method = AuthMethod::kMtls,
          .name = "agents/" + std::string(agent),
          .agent = world.state().entities().FindByName(EntityKind::kAgent, agent)->uid,
          .address = "10.0.0.1",
          .expire_time = (world.authority().Now() + absl::Hours(24)).ToTime(),
          .proof = std::string(AsText(NewHash()))};
}

const Credential& CredentialOf(const LeaseWorld& world, CredentialId id) {
  const Credential* credential = world.state().credentials().Find(id);
  REQUIRE(credential != nullptr);
  return *credential;
}

absl::StatusOr<IssuedToken> Rotate(LeaseWorld& world, TokenRotation rotation) {
  rotation.token_hash = NewHash();
  return world.Await(world.Submit<IssuedToken>(
      Urgency::kNormal, [=](Transaction& tx) { return RotateToken(tx, rotation); }));
}

}  // namespace

TEST_CASE("a rotated token goes on for the overlap, and its leases beyond it") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  const CredentialId old = world.bot.credential;
  const auto issued = Rotate(
      world,
      {.principal = LeaseWorld::Operator(), .credential = old, .overlap = absl::Minutes(10)});
  REQUIRE(issued.ok());
  Principal renewed = world.bot;
  renewed.credential = issued->id;
  CHECK(world.TryUse(world.bot, lease) == Reason::kNone);
  CHECK(world.TryUse(renewed, lease) == Reason::kNone);
  world.clock().Advance(absl::Minutes(10));
  CHECK(world.TryUse(world.bot, lease) == Reason::kCredentialExpired);
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kCredentialExpired);
  CHECK(world.TryUse(renewed, lease) == Reason::kNone);
  // It is over, and cannot be replaced again.
  CHECK(
      ReasonOf(Rotate(world, {.principal = LeaseWorld::Operator(), .credential = old}).status()) ==
      Reason::kCredentialExpired);
  world.Restart();
  CHECK(world.TryUse(world.bot, lease) == Reason::kCredentialExpired);
  CHECK(world.TryUse(renewed, lease) == Reason::kNone);
}

TEST_CASE("a rotation never lengthens what it replaces") {
  FurnishedWorld world;
  const Principal brief = world.IssueToken("bot", absl::Minutes(5));
  REQUIRE(Rotate(world, {.principal = LeaseWorld::Operator(),
                         .credential = brief.credential,
                         .overlap = absl::Hours(24)})
              .ok());
  CHECK(CredentialOf(world, brief.credential).expire_time ==
        world.authority().Now() + absl::Minutes(5));
}

TEST_CASE("an agent replaces its own token alone, by one that lasts no longer") {
  FurnishedWorld world;
  const Principal brief = world.IssueToken("bot", absl::Hours(1));
  const auto try_it = [&](const Principal& by, CredentialId what,
                          std::optional<absl::Duration> ttl = std::nullopt) {
    return ReasonOf(Rotate(world, {.principal = by, .credential = what, .ttl = ttl}).status());
  };
  CHECK(try_it(world.crawler, brief.credential) == Reason::kNotFound);
  CHECK(try_it(brief, world.crawler.credential) == Reason::kNotFound);
  CHECK(try_it(brief, CredentialId(999)) == Reason::kNotFound);
  CHECK(try_it(brief, brief.credential, absl::Hours(2)) == Reason::kInvalidArgument);
  world.clock().Advance(absl::Minutes(30));
  const auto next = Rotate(world, {.principal = brief, .credential = brief.credential});
  REQUIRE(next.ok());
  CHECK(next->expire_time == world.authority().Now() + absl::Hours(1));
  // Without an overlap the old one is over at once.
  CHECK(world.TryAcquire(brief, "db/login") == Reason::kCredentialExpired);
  // An operator may give a longer one.
  CHECK(try_it(LeaseWorld::Operator(), next->id, absl::Hours(48)) == Reason::kNone);
}

TEST_CASE("an agent replaces no token but the one that it calls with") {
  FurnishedWorld world;
  // As after a JSON Web Token or a certificate of a few seconds.
  Principal brief = world.bot;
  brief.credential = CredentialId();
  CHECK(
      ReasonOf(Rotate(world, {.principal = brief, .credential = world.bot.credential}).status()) ==
      Reason::kNotFound);
  const Principal second = world.IssueToken("bot");
  CHECK(
      ReasonOf(Rotate(world, {.principal = second, .credential = world.bot.credential}).status()) ==
      Reason::kNotFound);
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kNone);
}

TEST_CASE("a revoked token takes along what its thief got for it, and not what an operator gave") {
  FurnishedWorld world;
  const Principal stolen = world.IssueToken("bot");
  const auto replace = [&](const Principal& by, CredentialId what) {
    const auto issued =
        Rotate(world, {.principal = by, .credential = what, .overlap = absl::Hours(24)});
    REQUIRE(issued.ok());
    Principal next = world.bot;
    next.credential = issued->id;
    return next;
  };
  const Principal child = replace(stolen, stolen.credential);
  const Principal grandchild = replace(child, child.credential);
  const Principal given = replace(LeaseWorld::Operator(), stolen.credential);
  const AcquireResult lease = world.Lease(grandchild, "db/login");
  if (GENERATE(false, true)) world.Restart();
  world.RevokeToken(stolen);
  for (const Principal& one : {stolen, child, grandchild}) {
    CHECK(world.TryAcquire(one, "db/login") == Reason::kCredentialRevoked);
  }
  CHECK(world.TryUse(grandchild, lease) == Reason::kCredentialRevoked);
  CHECK(world.TryAcquire(given, "db/login") == Reason::kNone);
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kNone);
}

TEST_CASE("an enrolment token works once, also for two who come at the same moment") {
  FurnishedWorld world;
  const auto make = [&](absl::Duration ttl) {
    TokenIssue issue{.principal = LeaseWorld::Operator(),
                     .agent = MustName("bot"),
                     .token_hash = NewHash(),
                     .ttl = ttl,
                     .enrolment = true};
    REQUIRE(world
                .Await(world.Submit<IssuedToken>(
                    Urgency::kNormal, [&](Transaction& tx) { return IssueToken(tx, issue); }))
                .ok());
    return issue.token_hash;
  };
  const auto enrol = [&](const Hash& hash) {
    Enrolment enrolment{.enrolment_hash = hash, .token_hash = NewHash()};
    return world.Submit<IssuedToken>(Urgency::kNormal,
                                     [=](Transaction& tx) { return Enrol(tx, enrolment); });
  };
  const Hash token = make(absl::Hours(1));
  const auto first = enrol(token);
  const auto second = enrol(token);
  world.Commit();
  REQUIRE(first.get().ok());
  CHECK(first.get()->agent == world.bot.agent);
  CHECK(ReasonOf(second.get().status()) == Reason::kEnrolmentUsed);
  CHECK(ReasonOf(world.Await(enrol(token)).status()) == Reason::kEnrolmentUsed);
  CHECK(ReasonOf(world.Await(enrol(NewHash())).status()) == Reason::kUnauthenticated);
  // An agent token is no enrolment token.
  CHECK(
      ReasonOf(world.Await(enrol(CredentialOf(world, world.bot.credential).token_hash)).status()) ==
      Reason::kUnauthenticated);

  const Hash late = make(absl::Minutes(1));
  world.clock().Advance(absl::Minutes(1));
  CHECK(ReasonOf(world.Await(enrol(late)).status()) == Reason::kCredentialExpired);

  const Hash orphan = make(absl::Hours(1));
  world.Delete(EntityKind::kAgent, "bot");
  world.CreateAgent("bot");
  CHECK(ReasonOf(world.Await(enrol(orphan)).status()) == Reason::kUnauthenticated);
}

TEST_CASE("a certificate becomes a credential with its first lease, and can be revoked as one") {
  FurnishedWorld world;
  Principal bot = WithCertificate(world, "bot");
  const size_t before = world.state().credentials().all().size();
  const AcquireResult first = world.Lease(bot, "db/login");
  const AcquireResult second = world.Lease(bot, "db/login");
  CHECK(world.state().credentials().all().size() == before + 1);
  const CredentialId id = world.Find(first).credential;
  CHECK(world.Find(second).credential == id);
  CHECK(CredentialOf(world, id).kind == ledger::v1::CREDENTIAL_KIND_CERTIFICATE);
  CHECK(AsText(CredentialOf(world, id).token_hash) == bot.proof);
  CHECK(world.TryUse(bot, first) == Reason::kNone);

  bot.credential = id;
  world.RevokeToken(bot);
  // By its leases, by itself, and where it comes with a token.
  CHECK(world.TryUse(world.bot, first) == Reason::kCredentialRevoked);
  bot.credential = {};
  CHECK(world.TryAcquire(bot, "db/login") == Reason::kCredentialRevoked);
  Principal token = world.bot;
  token.proof = bot.proof;
  CHECK(world.TryAcquire(token, "db/login") == Reason::kCredentialRevoked);
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kNone);
}

TEST_CASE("an agent that was created anew starts with its certificate as a stranger") {
  FurnishedWorld world;
  Principal bot = WithCertificate(world, "bot");
  const AcquireResult lease = world.Lease(bot, "db/login");
  const CredentialId old = world.Find(lease).credential;
  world.Delete(EntityKind::kAgent, "bot");
  bot.agent = world.CreateAgent("bot");
  CHECK(world.TryUse(bot, lease) != Reason::kNone);
  const AcquireResult anew = world.Lease(bot, "db/login");
  CHECK(world.Find(anew).credential != old);
}

}  // namespace leasehold
