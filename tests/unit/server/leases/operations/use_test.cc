#include "server/leases/operations/use.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "tests/unit/server/leases/furnished_world.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

using Change = std::function<void(FurnishedWorld&, const AcquireResult&)>;

void Nothing(FurnishedWorld&, const AcquireResult&) {}

// A world whose secret db/login has `value`.
void AddValue(FurnishedWorld& world, std::string_view secret, const std::string& value) {
  const SecretFields fields = MakeFields({{"value", value}});
  const VersionAdd add{.principal = LeaseWorld::Operator(), .secret = MustName(secret)};
  REQUIRE(world
              .Await(world.Submit<VersionKey>(
                  Urgency::kNormal,
                  [&](Transaction& tx) { return AddVersion(tx, world.keys(), add, fields); }))
              .ok());
}

}  // namespace

TEST_CASE("a use is judged at its own moment") {
  struct Row {
    const char* why;
    Change before;
    Reason reason;
  };
  const Row row = GENERATE(values<Row>({
      {"all is well", Nothing, Reason::kNone},
      {"revoked by lease",
       [](auto& w, const auto& l) { REQUIRE(w.Await(w.Revoke(LeaseSelector(l))).ok()); },
       Reason::kLeaseRevoked},
      {"revoked by agent, leases only",
       [](auto& w, const auto&) { REQUIRE(w.Await(w.Revoke(AgentSelector("bot"), true)).ok()); },
       Reason::kLeaseRevoked},
      {"revoked by secret",
       [](auto& w, const auto&) { REQUIRE(w.Await(w.Revoke(SecretSelector("db/login"))).ok()); },
       Reason::kLeaseRevoked},
      {"revoked by workflow",
       [](auto& w, const auto&) { REQUIRE(w.Await(w.Revoke(WorkflowSelector("default"))).ok()); },
       Reason::kLeaseRevoked},
      {"everything revoked",
       [](auto& w, const auto&) { REQUIRE(w.Await(w.Revoke(EverySelector())).ok()); },
       Reason::kLeaseRevoked},
      {"another agent revoked",
       [](auto& w, const auto&) { REQUIRE(w.Await(w.Revoke(AgentSelector("crawler"))).ok()); },
       Reason::kNone},
      {"another secret revoked",
       [](auto& w, const auto&) { REQUIRE(w.Await(w.Revoke(SecretSelector("db/prod"))).ok()); },
       Reason::kNone},
      {"resuming brings no lease back",
       [](auto& w, const auto&) {
         REQUIRE(w.Await(w.Revoke(AgentSelector("bot"))).ok());
         REQUIRE(w.Await(w.Resume(AgentSelector("bot"))).ok());
       },
       Reason::kLeaseRevoked},
      {"released", [](auto& w, const auto& l) { REQUIRE(w.Await(w.Release(l)).ok()); },
       Reason::kLeaseReleased},
      {"a millisecond before its end",
       [](auto& w, const auto&) {
         w.clock().Advance(absl::Hours(1) - absl::Milliseconds(1));
       },
       Reason::kNone},
      {"at its end", [](auto& w, const auto&) { w.clock().Advance(absl::Hours(1)); },
       Reason::kLeaseExpired},
      {"its agent deleted", [](auto& w, const auto&) { w.Delete(EntityKind::kAgent, "bot"); },
       Reason::kLeaseRevoked},
      {"the token it was taken with revoked",
       [](auto& w, const auto&) {
         const Principal fresh = w.IssueToken("bot");
         w.RevokeToken(w.bot);
         w.bot = fresh;
       },
       Reason::kCredentialRevoked},
      {"another token of the agent revoked",
       [](auto& w, const auto&) { w.RevokeToken(w.IssueToken("bot")); }, Reason::kNone},
      {"another token of the agent presented",
       [](auto& w, const auto&) { w.bot = w.IssueToken("bot"); }, Reason::kNone},
      {"another agent presents it", [](auto& w, const auto&) { w.bot = w.crawler; },
       Reason::kLeaseNotBound},
      {"an operator presents it", [](auto& w, const auto&) { w.bot = LeaseWorld::Operator(); },
       Reason::kLeaseNotBound},
      {"an adapter presents the lease token",
       [](auto& w, const auto&) { w.bot = LeaseWorld::Adapter(); }, Reason::kLeaseNotBound},
      {"policies taken away", [](auto& w, const auto&) { w.Apply(""); },
       Reason::kPolicyDenied},
      {"the rule is for another target now",
       [](auto& w, const auto&) {
         w.Apply(R"(policies { name: "x" subjects { agents: "**" } secrets: "db/**"
                    allow { target: "mailer" } })");
       },
       Reason::kPolicyDenied},
      {"a deny came",
       [](auto& w, const auto&) {
         w.Apply(StrCat(kFurnishedPolicies, R"(policies { name: "no" effect: EFFECT_DENY
                                               subjects { agents: "bot" } secrets: "**" })"));
       },
       Reason::kPolicyDenied},
      {"the version disabled",
       [](auto& w, const auto&) { w.SetVersion("db/login", 1, VersionState::kDisabled); },
       Reason::kVersionDisabled},
      {"the version destroyed",
       [](auto& w, const auto&) { w.SetVersion("db/login", 1, VersionState::kDestroyed); },
       Reason::kVersionDestroyed},
      {"a newer version disabled: the older counts again",
       [](auto& w, const auto&) {
         w.AddVersion("db/login");
         w.SetVersion("db/login", 2, VersionState::kDisabled);
       },
       Reason::kNone},
      {"the secret deleted",
       [](auto& w, const auto&) { w.Delete(EntityKind::kSecret, "db/login"); },
       Reason::kVersionDestroyed},
      {"the target deleted",
       [](auto& w, const auto&) { w.Delete(EntityKind::kTarget, "github"); },
       Reason::kTargetUnknown},
      {"the target made anew for other secrets",
       [](auto& w, const auto&) {
         w.Delete(EntityKind::kTarget, "github");
         w.CreateTarget("github", {"mail/**"});
       },
       Reason::kTargetSecretMismatch},
  }));
  INFO(row.why);
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  row.before(world, lease);
  UseRequest request = world.UseOf(world.bot, lease, "github");
  request.wants_credential = true;
  const absl::StatusOr<UseReply> reply = world.Await(world.Use(request));
  REQUIRE(reply.status().message() == "");
  CHECK(reply->reason == row.reason);
  CHECK(reply->allowed == (row.reason == Reason::kNone));
  CHECK(reply->credential.has_value() == reply->allowed);
  CHECK(reply->entry == LogIndex(world.entries() - 1));
  CHECK(world.Find(lease).allowed_uses == (reply->allowed ? 1 : 0));
  CHECK(world.Find(lease).denied_uses == (reply->allowed ? 0 : 1));
  // The same after a restart: what was decided is on record.
  world.Restart();
  CHECK(world.TryUse(world.bot, lease) == row.reason);
}

TEST_CASE("a use is refused for what it wants to do") {
  FurnishedWorld world;
  const AcquireResult db = world.Lease(world.bot, "db/login");
  const AcquireResult mail = world.Lease(world.bot, "mail/key");
  struct Row {
    const char* why;
    const AcquireResult& lease;
    const char* target;
    const char* method;
    const char* path;
    Reason reason;
  };
  const std::vector<Row> table = {
      {"a read", db, "github", "GET", "/", Reason::kNone},
      {"a read below", db, "github", "HEAD", "/repos/a", Reason::kNone},
      {"a write", db, "github", "POST", "/", Reason::kPolicyDenied},
      {"a method in small letters", db, "github", "get", "/", Reason::kPolicyDenied},
      {"no method", db, "github", "", "/", Reason::kPolicyDenied},
      {"a method that echoes what was injected", mail, "mailer", "TRACE", "/",
       Reason::kPolicyDenied},
      {"a path that is not canonical", db, "github", "GET", "/a/../b", Reason::kPolicyDenied},
      {"a path that is none", db, "github", "GET", "repos", Reason::kPolicyDenied},
      {"a write where one may write", mail, "mailer", "POST", "/send", Reason::kNone},
      {"an undeclared target", db, "evil", "GET", "/", Reason::kTargetUnknown},
      {"no target", db, "", "GET", "/", Reason::kTargetUnknown},
      {"a target that is no name", db, "../github", "GET", "/", Reason::kTargetUnknown},
      {"a secret's name as target", db, "db/login", "GET", "/", Reason::kTargetUnknown},
      {"a target that may not inject it", db, "mailer", "GET", "/", Reason::kTargetSecretMismatch},
      {"and the other way", mail, "github", "GET", "/", Reason::kTargetSecretMismatch},
  };
  for (const Row& row : table) {
    CAPTURE(row.why);
    UseRequest request = world.UseOf(world.bot, row.lease, row.target);
    request.method = row.method;
    request.path = row.path;
    const absl::StatusOr<UseReply> reply = world.Await(world.Use(request));
    REQUIRE(reply.ok());
    CHECK(reply->reason == row.reason);
  }
}

TEST_CASE("a handle counts at adapters alone, for uses alone") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  auto use = [&](const Principal& presenter) {
    UseRequest request = world.UseOf(presenter, lease, "github");
    request.token = world.HandleOf(lease);
    const absl::StatusOr<UseReply> reply = world.Await(world.Use(request));
    return reply.ok() ? reply->reason : ReasonOf(reply.status());
  };
  CHECK(use(LeaseWorld::Adapter()) == Reason::kNone);
  const uint64_t before = world.entries();
  for (const Role role :
       {Role::kAgent, Role::kAdmin, Role::kSecurity, Role::kAuditor, Role::kNone}) {
    Principal presenter = world.bot;
    presenter.role = role;
    CHECK(use(presenter) == Reason::kHandleNotAllowed);
  }
  Answer<LeaseAuthority::Revealed> revealed;
  for (const Principal& who : {world.bot, LeaseWorld::Adapter()}) {
    world.authority().Reveal(who, world.HandleOf(lease), revealed.Taker());
    CHECK(ReasonOf(world.Await(revealed).status()) == Reason::kHandleNotAllowed);
  }
  CHECK(world.entries() == before);
  // The handle dies with its lease.
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  CHECK(use(LeaseWorld::Adapter()) == Reason::kLeaseRevoked);
}

TEST_CASE("a lease that was never issued proves nothing and is not recorded") {
  FurnishedWorld world;
  const AcquireResult made_up{LeaseNumber(1000), world.state().epoch()};
  const uint64_t before = world.entries();
  CHECK(world.TryUse(world.bot, made_up) == Reason::kLeaseUnknown);
  CHECK(ReasonOf(world.Await(world.Reveal(world.bot, made_up)).status()) == Reason::kLeaseUnknown);
  CHECK(world.entries() == before);
}

TEST_CASE("a revealed value is the newest enabled version's, or the one that was asked for") {
  FurnishedWorld world;
  const std::string first = RandomText(32);
  const std::string second = RandomText(32);
  AddValue(world, "api/key", first);   // 2
  AddValue(world, "api/key", second);  // 3
  AcquireRequest request = world.AcquireOf(world.bot, "api/key");
  request.delivery = Delivery::kRevealed;
  const AcquireResult latest = world.Await(world.Acquire(request)).value();
  request.version = VersionNumber(2);
  const AcquireResult fixed = world.Await(world.Acquire(request)).value();
  auto reveal = [&](const AcquireResult& lease) {
    absl::StatusOr<LeaseAuthority::Revealed> revealed = world.Await(world.Reveal(world.bot, lease));
    return revealed.ok() ? Plaintext(revealed->fields.fields()[0].value)
                         : std::string(ReasonName(ReasonOf(revealed.status())));
  };
  CHECK(reveal(latest) == second);
  CHECK(reveal(fixed) == first);
  CHECK(reveal(latest) == second);  // from memory
  world.SetVersion("api/key", 3, VersionState::kDisabled);
  CHECK(reveal(latest) == first);
  world.SetVersion("api/key", 3, VersionState::kEnabled);
  CHECK(reveal(latest) == second);
  world.SetVersion("api/key", 2, VersionState::kDestroyed);
  CHECK(reveal(fixed) == "VERSION_DESTROYED");
  CHECK(reveal(latest) == second);
  CHECK(world.Find(fixed).allowed_uses == 1);
  CHECK(world.Find(fixed).denied_uses == 1);
}

TEST_CASE("a value is revealed under a revealed lease and policy only") {
  FurnishedWorld world;
  const AcquireResult brokered = world.Lease(world.bot, "api/key");
  const AcquireResult revealed = world.Lease(world.bot, "api/key", Delivery::kRevealed);
  auto reveal = [&](const Principal& who, const AcquireResult& lease) {
    return ReasonOf(world.Await(world.Reveal(who, lease)).status());
  };
  CHECK(reveal(world.bot, brokered) == Reason::kDeliveryNotAllowed);
  CHECK(reveal(world.crawler, revealed) == Reason::kLeaseNotBound);
  CHECK(reveal(LeaseWorld::Adapter(), revealed) == Reason::kLeaseNotBound);
  CHECK(reveal(LeaseWorld::Operator(), revealed) == Reason::kLeaseNotBound);
  CHECK(reveal(world.bot, revealed) == Reason::kNone);
  world.Apply(R"(policies { name: "revealed" subjects { agents: "bot" } secrets: "api/**"
                 allow { target: "mailer" } })");
  CHECK(reveal(world.bot, revealed) != Reason::kNone);
  world.Apply(kFurnishedPolicies);
  CHECK(reveal(world.bot, revealed) == Reason::kNone);
  REQUIRE(world.Await(world.Release(revealed)).ok());
  CHECK(reveal(world.bot, revealed) == Reason::kLeaseReleased);
}

TEST_CASE("uses handed in together are judged in order, each with its own answer") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  std::vector<UseRequest> requests;
  for (const char* target : {"github", "evil", "github", "mailer"}) {
    requests.push_back(world.UseOf(world.bot, lease, target));
  }
  requests[2].token = "nonsense";
  std::vector<absl::StatusOr<UseReply>> replies;
  world.committer().Submit(world.authority().UsesOperation(
      requests,
      [&](std::vector<absl::StatusOr<UseReply>> answer) { replies = std::move(answer); }));
  world.Commit();
  REQUIRE(replies.size() == 4);
  CHECK(replies[0]->reason == Reason::kNone);
  CHECK(replies[1]->reason == Reason::kTargetUnknown);
  CHECK(ReasonOf(replies[2].status()) == Reason::kTokenMalformed);
  CHECK(replies[3]->reason == Reason::kTargetSecretMismatch);
  CHECK(*replies[0]->entry < *replies[1]->entry);
}

TEST_CASE("who may not know a policy is told neither its name nor its rule") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  const absl::StatusOr<UseReply> stolen =
      world.Await(world.Use(world.UseOf(world.crawler, lease, "github")));
  CHECK(stolen->policy == "");
  CHECK(stolen->rule == "");
  CHECK(stolen->message.find("db/login") == std::string::npos);
  world.Apply("");
  const absl::StatusOr<UseReply> shut =
      world.Await(world.Use(world.UseOf(world.bot, lease, "github")));
  CHECK(shut->policy == "");
  CHECK(shut->message.find("db/login") == std::string::npos);
  // An operator's reason is not the agent's business.
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  const absl::StatusOr<UseReply> revoked =
      world.Await(world.Use(world.UseOf(world.bot, lease, "github")));
  CHECK(revoked->message.find("a test wants it") == std::string::npos);
}

}  // namespace leasehold
