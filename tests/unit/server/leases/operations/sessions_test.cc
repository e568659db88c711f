#include "server/leases/operations/sessions.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/support/lease_world.h"

namespace leasehold {
namespace {

Principal Person(std::string name, Role role) {
  return {.role = role, .method = AuthMethod::kJwt, .name = std::move(name), .address = "unix"};
}

// Sessions of people, in a world of their own.
class Sessions {
 public:
  absl::StatusOr<StartedSession> Start(const Principal& person, const std::string& id_token) {
    const SessionStart start{
        .principal = person,
        .token_hash = Sha256Of(AsBytes(StrCat("session of ", id_token))),
        .request_hash = RequestHash(person.name, "CreateSession", id_token, id_token),
        .ttl = absl::Hours(8)};
    return world.Await(world.Submit<StartedSession>(
        Urgency::kNormal, [start](Transaction& tx) { return StartSession(tx, start); }));
  }
  Reason End(const Principal& who, CredentialId session) {
    const SessionEnd end{who, session};
    return ReasonOf(
        world
            .Await(world.Submit<CredentialId>(
                Urgency::kUrgent, [end](Transaction& tx) { return EndSession(tx, end); }))
            .status());
  }
  const Credential& Find(CredentialId id) const { return *world.state().credentials().Find(id); }
  Role RoleOf(CredentialId id) const {
    return world.state().operators().RoleOf(Find(id).principal);
  }

  LeaseWorld world;
};

}  // namespace

TEST_CASE("a session belongs to a person with a role, and survives restarts") {
  Sessions sessions;
  const auto started = sessions.Start(Person("operator:idp:mia", Role::kSecurity), "first");
  REQUIRE(started.ok());
  const auto check = [&] {
    const Credential& session = sessions.Find(started->id);
    CHECK(session.kind == ledger::v1::CREDENTIAL_KIND_OPERATOR_SESSION);
    CHECK(session.agent.empty());
    CHECK(sessions.world.state().texts().Get(session.principal) == "operator:idp:mia");
    CHECK(session.expire_time == started->expire_time);
    CHECK(sessions.RoleOf(started->id) == Role::kSecurity);
  };
  check();
  SECTION("from a snapshot") {
    sessions.world.Restart();
    check();
  }
  SECTION("from the entries") {
    sessions.world.Kill();
    REQUIRE(sessions.world.Start().ok());
    check();
  }
}

TEST_CASE("an ID token starts one session, whatever happens in between") {
  Sessions sessions;
  const Principal mia = Person("operator:idp:mia", Role::kAdmin);
  REQUIRE(sessions.Start(mia, "token").ok());
  const uint64_t entries = sessions.world.entries();
  CHECK(ReasonOf(sessions.Start(mia, "token").status()) == Reason::kTokenRejected);
  CHECK(sessions.world.entries() == entries);
  sessions.world.Restart();
  CHECK(ReasonOf(sessions.Start(mia, "token").status()) == Reason::kTokenRejected);
  CHECK(sessions.Start(mia, "another").ok());
}

TEST_CASE("a role is written when it changes, and holds for all sessions of the person") {
  Sessions sessions;
  const auto first = sessions.Start(Person("operator:idp:mia", Role::kAdmin), "1");
  REQUIRE(first.ok());
  const uint64_t entries = sessions.world.entries();
  REQUIRE(sessions.Start(Person("operator:idp:mia", Role::kAdmin), "2").ok());
  CHECK(sessions.world.entries() == entries + 1);
  REQUIRE(sessions.Start(Person("operator:idp:mia", Role::kAuditor), "3").ok());
  CHECK(sessions.world.entries() == entries + 3);
  CHECK(sessions.RoleOf(first->id) == Role::kAuditor);
}

TEST_CASE("a session is ended by its owner, or by an operator who may stop others") {
  Sessions sessions;
  const Principal mia = Person("operator:idp:mia", Role::kAuditor);
  const Principal ann = Person("operator:idp:ann", Role::kAuditor);
  const auto started = sessions.Start(mia, "1");
  REQUIRE(started.ok());
  Principal own = mia;
  own.credential = started->id;
  Principal other = ann;
  other.credential = CredentialId(99);
  CHECK(sessions.End(other, started->id) == Reason::kRoleForbidden);
  CHECK_FALSE(sessions.Find(started->id).revoked);
  CHECK(sessions.End(LeaseWorld::Operator(), CredentialId(77)) == Reason::kNotFound);
  SECTION("by its owner") { CHECK(sessions.End(own, started->id) == Reason::kNone); }
  SECTION("by an operator") {
    CHECK(sessions.End(LeaseWorld::Operator(), started->id) == Reason::kNone);
  }
  CHECK(sessions.Find(started->id).revoked);
  const uint64_t entries = sessions.world.entries();
  CHECK(sessions.End(own, started->id) == Reason::kNone);
  CHECK(sessions.world.entries() == entries);
}

TEST_CASE("an agent's token is no session, and cannot be ended as one") {
  Sessions sessions;
  sessions.world.CreateAgent("bot");
  const Principal bot = sessions.world.IssueToken("bot");
  CHECK(sessions.End(LeaseWorld::Operator(), bot.credential) == Reason::kNotFound);
}

TEST_CASE("identity rules are written down where they changed, and survive restarts") {
  LeaseWorld world;
  const Hash rules = Sha256Of(AsBytes("rules"));
  const auto record = [&](const Hash& hash) {
    return world
        .Await(world.Submit<int>(Urgency::kNormal,
                                 [&](Transaction& tx) -> absl::StatusOr<int> {
                                   RecordIdentityRules(tx, hash);
                                   return 0;
                                 }))
        .ok();
  };
  const uint64_t before = world.entries();
  REQUIRE(record(rules));
  CHECK(world.entries() == before + 1);
  world.Restart();
  CHECK(world.state().identity_rules() == rules);
  const uint64_t after = world.entries();
  REQUIRE(record(rules));
  CHECK(world.entries() == after);
}

}  // namespace leasehold
