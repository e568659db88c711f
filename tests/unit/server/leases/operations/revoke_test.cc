#include "server/leases/operations/revoke.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/leases/revocation_count.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

// One lease as the test took it.
struct Taken {
  AcquireResult lease;
  std::string agent;
  std::string secret;
  std::string workflow;
  std::string user;
  std::string run;
  CredentialId credential;
  uint64_t version = 0;
  bool follows_latest = false;
  std::vector<std::string> groups;  // that counted
};

// Leases of every agent on every secret in every workflow, and whatever else can be selected by.
class Crowd {
 public:
  explicit Crowd(FurnishedWorld& world) : world_(world) {
    world_.InOneBatch([&] {
      world_.CreateGroup("crew", {"bot"}, {"ann"});
      world_.AddVersion("db/login");
      second_token_ = world_.IssueToken("bot");
    });
    std::vector<Answer<AcquireResult>> answers;
    for (const Principal& agent : {world_.bot, second_token_, world_.crawler}) {
      for (const char* secret : {"db/login", "mail/key"}) {
        for (const char* workflow : {"w1", "w2"}) {
          for (const char* user : {"", "ann", "ben"}) {
            answers.push_back(world_.Acquire(Of(agent, secret, workflow, user)));
          }
        }
      }
    }
    world_.Commit();
    for (size_t i = 0; i < answers.size(); ++i) {
      if (answers[i].get().ok()) {
        all.push_back(taken_[i]);
        all.back().lease = *answers[i].get();
      }
    }
    REQUIRE(all.size() > 20);
  }

  const Principal& second_token() const { return second_token_; }
  std::vector<Taken> all;

 private:
  AcquireRequest Of(const Principal& agent, const std::string& secret, const std::string& workflow,
                    const std::string& user) {
    AcquireRequest request = world_.AcquireOf(agent, secret);
    request.workflow = MustName(workflow);
    request.principal.user = user;
    request.run = taken_.size() % 2 == 0 ? "even" : "";
    if (taken_.size() % 3 == 0) request.version = VersionNumber(1);
    Taken& taken = taken_.emplace_back();
    const bool is_bot = agent.agent == world_.bot.agent;
    taken = {.agent = is_bot ? "bot" : "crawler",
             .secret = secret,
             .workflow = workflow,
             .user = user,
             .run = request.run,
             .credential = agent.credential,
             .version = !request.version.empty() || secret == "mail/key" ? 1u : 2u,
             .follows_latest = request.version.empty()};
    if (is_bot) taken.groups = {"mailers", "crew"};
    if (user == "ann") taken.groups.push_back("crew");
    return request;
  }

  FurnishedWorld& world_;
  Principal second_token_;
  std::vector<Taken> taken_;
};

std::string PolicyOf(const std::string& secret) {
  return secret == "mail/key" ? "mail" : "db-reads";
}

bool Is(const std::string& named, const std::string& here) {
  return named.empty() || named == here;
}

// What a selector means, in the plainest words.
bool Means(const SelectorNames& names, const Taken& taken) {
  bool in_group = names.group.empty();
  for (const std::string& group : taken.groups) in_group = in_group || group == names.group;
  return in_group && Is(names.agent, taken.agent) && Is(names.secret, taken.secret) &&
         Is(names.workflow, taken.workflow) && Is(names.user, taken.user) &&
         Is(names.run, taken.run) && Is(names.policy, PolicyOf(taken.secret)) &&
         (names.version.empty() || names.version.value() == taken.version ||
          (taken.follows_latest && names.version.value() > taken.version)) &&
         (names.credential.empty() || names.credential == taken.credential) &&
         (names.lease.empty() || names.lease == taken.lease.lease);
}

// Some parts, each with a value that leases have.
SelectorNames RandomNames(std::mt19937& random, const Crowd& crowd) {
  const auto one_in = [&](uint32_t n) { return random() % n == 0; };
  const Taken& like = crowd.all[random() % crowd.all.size()];
  SelectorNames names;
  if (one_in(3)) names.agent = like.agent;
  if (one_in(3)) names.secret = like.secret;
  if (!names.secret.empty() && one_in(2)) names.version = VersionNumber(like.version);
  if (one_in(4)) names.workflow = like.workflow;
  if (one_in(4)) names.user = "ann";
  if (one_in(4)) names.group = one_in(2) ? "crew" : "mailers";
  if (one_in(6)) names.policy = PolicyOf(like.secret);
  if (one_in(6)) names.credential = like.credential;
  if (one_in(6)) names.run = "even";
  if (one_in(20)) {
    names.lease = like.lease.lease;
    names.epoch = like.lease.epoch;
  }
  return names;
}

bool Revoked(const FurnishedWorld& world, const Taken& taken) {
  return world.state().RevocationOf(world.Find(taken.lease)) != nullptr;
}

}  // namespace

TEST_CASE("a selector covers what its parts have in common, nothing more and nothing less") {
  // Each world lives through a few revocations, so that later ones find leases that ended before.
  for (uint32_t seed = 1; seed <= 12; ++seed) {
    CAPTURE(seed);
    FurnishedWorld world;
    Crowd crowd(world);
    std::mt19937 random(seed);
    std::vector<bool> gone(crowd.all.size());
    for (int round = 0; round < 6; ++round) {
      CAPTURE(round);
      const SelectorNames names = RandomNames(random, crowd);
      const absl::StatusOr<Selector> selector = ResolveSelector(world.state(), names);
      if (!selector.ok()) continue;  // no part at all
      const UnixMillis now = world.authority().Now();
      const uint64_t would = CountDryRun(world.committer().published(),
                                         RevocationNow(world.state(), *selector, {}), now)
                                 .ended;
      uint64_t ended = 0;
      for (size_t i = 0; i < crowd.all.size(); ++i) {
        const bool meant = Means(names, crowd.all[i]);
        ended += meant && !gone[i] ? 1 : 0;
        gone[i] = gone[i] || meant;
      }
      CHECK(would == ended);
      const uint64_t number = world.Await(world.Revoke(names)).value();
      for (size_t i = 0; i < crowd.all.size(); ++i) {
        CAPTURE(i);
        REQUIRE(Revoked(world, crowd.all[i]) == gone[i]);
      }
      CHECK(CountRevocation(world.committer().published(), world.state().revocations()[number - 1],
                            now)
                .ended == ended);
    }
    world.Restart();
    for (size_t i = 0; i < crowd.all.size(); ++i) {
      REQUIRE(Revoked(world, crowd.all[i]) == gone[i]);
    }
  }
}

TEST_CASE("agent, group, user, secret and workflow are held until resumed, other selectors not") {
  FurnishedWorld world;
  Crowd crowd(world);
  const Principal other_token = world.IssueToken("bot");
  struct Row {
    const char* why;
    SelectorNames names;
    bool holds;
  };
  const std::vector<Row> table = {
      {"agent", AgentSelector("bot"), true},
      {"group of the agent", GroupSelector("mailers"), true},
      {"group of the user", GroupSelector("crew"), true},
      {"user", UserSelector("ann"), true},
      {"secret", SecretSelector("db/login"), true},
      {"workflow", WorkflowSelector("w1"), true},
      {"everything", EverySelector(), false},
      {"policy", {.policy = "db-reads"}, false},
      {"credential", {.credential = other_token.credential}, false},
      {"run", {.run = "even"}, false},
      {"version", {.secret = "db/login", .version = VersionNumber(2)}, false},
      {"pair", {.agent = "bot", .secret = "db/login"}, false},
      {"combination", {.agent = "bot", .user = "ann"}, false},
  };
  AcquireRequest request = world.AcquireOf(world.bot, "db/login");
  request.workflow = MustName("w1");
  request.principal.user = "ann";
  for (const Row& row : table) {
    CAPTURE(row.why);
    REQUIRE(world.Await(world.Acquire(request)).ok());
    REQUIRE(world.Await(world.Revoke(row.names)).ok());
    CHECK(ReasonOf(world.Await(world.Acquire(request)).status()) ==
          (row.holds ? Reason::kHeld : Reason::kNone));
    CHECK(world.Await(world.Resume(row.names)).ok() == row.holds);
    CHECK(ReasonOf(world.Await(world.Resume(row.names)).status()) == Reason::kNotFound);
  }
  // Claiming the group does not help either.
  REQUIRE(world.Await(world.Revoke(GroupSelector("mailers"))).ok());
  request.principal = world.crawler;
  CHECK(world.Await(world.Acquire(request)).ok());
  request.principal.claimed_groups = {"mailers"};
  CHECK(ReasonOf(world.Await(world.Acquire(request)).status()) == Reason::kHeld);
}

TEST_CASE("a held lease is not renewed, whoever the hold is about") {
  FurnishedWorld world;
  world.clock().Advance(absl::Seconds(1));  // away from the epoch's first millisecond
  world.CreateGroup("people", {}, {"ann"});
  AcquireRequest request = world.AcquireOf(world.bot, "db/login");
  request.principal.user = "ann";
  for (const SelectorNames& names :
       {GroupSelector("mailers"), GroupSelector("people"), UserSelector("ann")}) {
    const AcquireResult lease = world.Await(world.Acquire(request)).value();
    world.clock().Advance(absl::Minutes(1));
    // The hold alone: without it the lease would be revoked.
    REQUIRE(world.Await(world.Revoke(names, false, UnixMillis(1))).ok());
    CHECK(world.Await(world.Renew(world.RenewOf(world.bot, lease))).ok());
    world.clock().Advance(absl::Minutes(1));
    REQUIRE(world
                .Await(world.Submit<LogIndex>(
                    Urgency::kUrgent,
                    [&](Transaction& tx) {
                      ledger::v1::Entry entry;
                      ledger::v1::HoldSet* hold = entry.mutable_hold_set();
                      *hold->mutable_control() = tx.MakeControl(LeaseWorld::Operator());
                      ResolveSelector(tx.state(), names)->ToEntry(hold->mutable_selector());
                      return absl::StatusOr<LogIndex>(tx.Append(std::move(entry)));
                    }))
                .ok());
    CHECK(ReasonOf(world.Await(world.Renew(world.RenewOf(world.bot, lease))).status()) ==
          Reason::kHeld);
    REQUIRE(world.Await(world.Resume(names)).ok());
  }
}

TEST_CASE("leaving a group a moment before it is revoked does not save a lease") {
  FurnishedWorld world;
  const AcquireResult taken_as_member = world.Lease(world.bot, "db/login");
  const AcquireResult taken_before = world.Lease(world.crawler, "db/login");
  // One leaves, the other comes, then the group is revoked.
  world.UpdateGroup("mailers", {"crawler"});
  const Answer<uint64_t> revoked = world.Revoke(GroupSelector("mailers"));
  REQUIRE(world.Await(revoked).ok());
  CHECK(world.TryUse(world.bot, taken_as_member) == Reason::kLeaseRevoked);
  CHECK(world.TryUse(world.crawler, taken_before) == Reason::kLeaseRevoked);
  // Who left is not held, who came is.
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kNone);
  CHECK(world.TryAcquire(world.crawler, "db/login") == Reason::kHeld);
  const Revocation& revocation = world.state().revocations().back();
  CHECK(revocation.member_agents == std::vector<EntityUid>{world.crawler.agent});
}

TEST_CASE("an agent created anew under its old name is a stranger to revocations and holds") {
  FurnishedWorld world;
  const AcquireResult old = world.Lease(world.bot, "db/login");
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  world.Delete(EntityKind::kAgent, "bot");
  world.CreateAgent("bot");
  const Principal fresh = world.IssueToken("bot");
  CHECK(world.TryUse(fresh, old) == Reason::kLeaseNotBound);
  CHECK(world.TryUse(world.bot, old) == Reason::kLeaseRevoked);
  // It got a new token from an operator, who means it to work.
  const AcquireResult lease = world.Lease(fresh, "db/login");
  CHECK(world.TryUse(fresh, lease) == Reason::kNone);
  // The name now means the new agent.
  CHECK(ReasonOf(world.Await(world.Resume(AgentSelector("bot"))).status()) == Reason::kNotFound);
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  CHECK(world.TryUse(fresh, lease) == Reason::kLeaseRevoked);
}

TEST_CASE("a revoked credential ends its leases, and those of another token go on") {
  FurnishedWorld world;
  const Principal second = world.IssueToken("bot");
  const AcquireResult one = world.Lease(world.bot, "db/login");
  const AcquireResult two = world.Lease(second, "db/login");
  world.RevokeToken(world.bot);
  CHECK(world.TryUse(second, one) == Reason::kCredentialRevoked);
  CHECK(world.TryUse(second, two) == Reason::kNone);
  REQUIRE(
      world.Await(world.Revoke({.credential = second.credential, .credential_agent = "bot"})).ok());
  CHECK(world.TryUse(second, two) == Reason::kCredentialRevoked);
  CHECK(ReasonOf(world
                     .Await(world.Revoke(
                         {.credential = second.credential, .credential_agent = "crawler"}))
                     .status()) == Reason::kNotFound);
}

TEST_CASE("a revoked version ends the leases that came to it after their issue") {
  FurnishedWorld world;
  const AcquireResult follows = world.Lease(world.bot, "db/login");
  AcquireRequest at_first = world.AcquireOf(world.bot, "db/login");
  at_first.version = VersionNumber(1);
  const AcquireResult pinned = world.Await(world.Acquire(at_first)).value();
  const AcquireResult elsewhere = world.Lease(world.bot, "db/prod");
  world.AddVersion("db/login");
  const AcquireResult at_second = world.Lease(world.bot, "db/login");
  world.AddVersion("db/login");
  const AcquireResult at_third = world.Lease(world.bot, "db/login");
  REQUIRE(world.TryUse(world.bot, follows) == Reason::kNone);

  const SelectorNames second{.secret = "db/login", .version = VersionNumber(2)};
  const uint64_t number = world.Await(world.Revoke(second)).value();
  const Revocation& revocation = world.state().revocations()[number - 1];
  CHECK(CountRevocation(world.committer().published(), revocation, world.authority().Now()).ended ==
        2);
  // Nor does a newer version bring them back.
  world.AddVersion("db/login");
  const auto check = [&] {
    CHECK(world.TryUse(world.bot, follows) == Reason::kLeaseRevoked);
    CHECK(world.TryUse(world.bot, at_second) == Reason::kLeaseRevoked);
    CHECK(world.TryUse(world.bot, pinned) == Reason::kNone);
    CHECK(world.TryUse(world.bot, at_third) == Reason::kNone);
    CHECK(world.TryUse(world.bot, elsewhere) == Reason::kNone);
  };
  check();
  world.Restart();
  check();
}

TEST_CASE("whoever has a credential that is revoked takes no new lease with it") {
  FurnishedWorld world;
  const Principal second = world.IssueToken("bot");
  const SelectorNames names = {.credential = second.credential, .credential_agent = "bot"};
  REQUIRE(world.Await(world.Revoke(names, /*leases_only=*/true)).ok());
  CHECK(world.TryAcquire(second, "db/login") == Reason::kNone);
  REQUIRE(world.Await(world.Revoke(names)).ok());
  CHECK(world.TryAcquire(second, "db/login") == Reason::kCredentialRevoked);
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kNone);
}

TEST_CASE("issued_before covers leases of before, and holds nothing") {
  FurnishedWorld world;
  world.clock().Advance(absl::Seconds(1));  // away from the epoch's first millisecond
  std::vector<AcquireResult> leases;
  std::vector<UnixMillis> times;
  for (int i = 0; i < 6; ++i) {
    leases.push_back(world.Lease(world.bot, "db/login"));
    times.push_back(world.Find(leases.back()).issue_time);
    if (i % 2 == 1) world.clock().Advance(absl::Milliseconds(1 + i));
  }
  for (size_t i = 0; i < times.size(); ++i) {
    REQUIRE(world.Await(world.Revoke(AgentSelector("bot"), false, times[i])).ok());
    for (size_t k = 0; k < leases.size(); ++k) {
      CAPTURE(i, k);
      CHECK(world.TryUse(world.bot, leases[k]) ==
            (times[k] < times[i] ? Reason::kLeaseRevoked : Reason::kNone));
    }
    CHECK(world.state().holds().all().empty());
  }
  // One lease by its number, before and at its time.
  REQUIRE(world.Await(world.Revoke(LeaseSelector(leases[5]), false, times[5])).ok());
  CHECK(world.TryUse(world.bot, leases[5]) == Reason::kNone);
  REQUIRE(
      world.Await(world.Revoke(LeaseSelector(leases[5]), false, times[5] + absl::Milliseconds(1)))
          .ok());
  CHECK(world.TryUse(world.bot, leases[5]) == Reason::kLeaseRevoked);
}

TEST_CASE("a name that does not exist is not found, one without leases is") {
  FurnishedWorld world;
  for (const SelectorNames& names :
       std::vector<SelectorNames>{{.agent = "nobody"},
                                  {.secret = "no/secret"},
                                  {.workflow = "never"},
                                  {.user = "nobody"},
                                  {.group = "nobody"},
                                  {.policy = "none"},
                                  {.credential = CredentialId(99)},
                                  {.run = "never"},
                                  {.secret = "db/login", .version = VersionNumber(9)},
                                  {.agent = "bot", .secret = "no/secret"}}) {
    const uint64_t size = world.entries();
    CHECK(ReasonOf(world.Await(world.Revoke(names)).status()) == Reason::kNotFound);
    CHECK(world.entries() == size);
  }
  for (const SelectorNames& names :
       std::vector<SelectorNames>{{.agent = "bot"},
                                  {.group = "mailers"},
                                  {.policy = "mail"},
                                  {.credential = world.bot.credential},
                                  {.agent = "bot", .policy = "mail"}}) {
    const uint64_t number = world.Await(world.Revoke(names, /*leases_only=*/true)).value();
    CHECK(CountRevocation(world.committer().published(), world.state().revocations()[number - 1],
                          world.authority().Now())
              .ended == 0);
  }
}

TEST_CASE("a revocation tells the last allowed use and which revealed values want rotation") {
  FurnishedWorld world;
  AcquireRequest request = world.AcquireOf(world.bot, "api/key");
  request.delivery = Delivery::kRevealed;
  const AcquireResult lease = world.Await(world.Acquire(request)).value();
  const AcquireResult untouched = world.Await(world.Acquire(request)).value();
  world.AddVersion("api/key");
  const LogIndex revealed = world.Await(world.Reveal(world.bot, lease)).value().entry;
  world.AddVersion("api/key");
  const AcquireResult brokered = world.Lease(world.bot, "db/login");
  const std::optional<LogIndex> used =
      world.Await(world.Use(world.UseOf(world.bot, brokered, "github"))).value().entry;
  REQUIRE(used.has_value());
  const auto count = [&](const SelectorNames& names) {
    const uint64_t number = world.Await(world.Revoke(names, /*leases_only=*/true)).value();
    return CountRevocation(world.committer().published(), world.state().revocations()[number - 1],
                           world.authority().Now());
  };
  CHECK(count(LeaseSelector(untouched)).revealed.empty());
  CHECK(count(LeaseSelector(untouched)).last_allowed_use == LogIndex());
  const EntityUid secret = world.state().entities().FindByName(EntityKind::kSecret, "api/key")->uid;
  RevocationCount all = count(AgentSelector("bot"));
  CHECK(all.ended == 2);  // one is gone already
  CHECK(all.revealed == std::vector<VersionKey>{{secret, VersionNumber(2)}});
  CHECK(all.last_allowed_use == *used);
  CHECK(count(SecretSelector("api/key")).last_allowed_use == revealed);
  // A disabled value needs no rotation; and all of that survives a restart.
  world.Restart();
  CHECK(count(AgentSelector("bot")).revealed.size() == 1);
  world.SetVersion("api/key", 2, VersionState::kDisabled);
  CHECK(count(AgentSelector("bot")).revealed.empty());
}

}  // namespace leasehold
