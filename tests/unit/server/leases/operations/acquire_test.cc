#include "server/leases/operations/acquire.h"

#include <catch2/catch.hpp>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/cord.h"
#include "server/base/status.h"
#include "server/leases/state/request_ids.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

constexpr absl::Duration kSecond = absl::Seconds(1);

// Everything of an answer that a caller could tell two apart by. Abseil lists the payloads of a
// status in an order that depends on its address, and so does ToString().
std::string Bytes(const absl::Status& status) {
  std::map<std::string, std::string> payloads;
  status.ForEachPayload(
      [&](absl::string_view url, const absl::Cord& payload) { payloads.emplace(url, payload); });
  std::string all = absl::StatusCodeToString(status.code()) + "|" + std::string(status.message());
  for (const auto& [url, payload] : payloads) {
    all += "|" + url + "=" + payload;
  }
  const ErrorDetail detail = DetailOf(status);
  all += "|" + std::string(ReasonName(ReasonOf(status))) + "|" +
         std::to_string(static_cast<int>(detail.scope)) + "|" +
         absl::FormatDuration(detail.retry_after.value_or(absl::ZeroDuration()));
  for (const auto& [key, value] : detail.metadata) {
    all += "|" + key + "=" + value;
  }
  return all;
}

AcquireRequest WithId(AcquireRequest request, const std::string& id, const std::string& body) {
  request.request_hash = RequestHash(request.principal.name, "AcquireLease", id, body);
  return request;
}

}  // namespace

TEST_CASE("a lease is refused with its own reason, and each refusal is on record") {
  FurnishedWorld world;
  world.AddVersion("db/login", UnixMillis::From(world.clock().Now().wall + kSecond));  // 2
  world.AddVersion("db/login");                                                        // 3
  world.AddVersion("db/login");                                                        // 4
  world.SetVersion("db/login", 3, VersionState::kDisabled);
  world.SetVersion("db/login", 4, VersionState::kDestroyed);
  world.CreateSecret("db/off");
  world.SetVersion("db/off", 1, VersionState::kDisabled);
  world.clock().Advance(kSecond);

  struct Row {
    const char* why;
    const char* secret;
    std::function<void(AcquireRequest&)> change;
    Reason reason;
  };
  const std::vector<Row> table = {
      {"all is well", "db/login", [](AcquireRequest&) {}, Reason::kNone},
      {"the longest ttl", "db/login", [](auto& r) { r.ttl = absl::Hours(1); }, Reason::kNone},
      {"one millisecond", "db/login", [](auto& r) { r.ttl = absl::Milliseconds(1); },
       Reason::kNone},
      {"ttl too long", "db/login", [](auto& r) { r.ttl = absl::Hours(1) + absl::Milliseconds(1); },
       Reason::kInvalidArgument},
      {"endless ttl", "db/login", [](auto& r) { r.ttl = absl::InfiniteDuration(); },
       Reason::kInvalidArgument},
      {"ttl zero", "db/login", [](auto& r) { r.ttl = absl::ZeroDuration(); },
       Reason::kInvalidArgument},
      {"ttl below the ledger's unit", "db/login", [](auto& r) { r.ttl = absl::Microseconds(999); },
       Reason::kInvalidArgument},
      {"ttl negative", "db/login", [](auto& r) { r.ttl = -kSecond; }, Reason::kInvalidArgument},
      {"ttl endlessly negative", "db/login", [](auto& r) { r.ttl = -absl::InfiniteDuration(); },
       Reason::kInvalidArgument},
      {"an old version", "db/login", [](auto& r) { r.version = VersionNumber(1); }, Reason::kNone},
      {"an expired version", "db/login", [](auto& r) { r.version = VersionNumber(2); },
       Reason::kSecretExpired},
      {"a disabled version", "db/login", [](auto& r) { r.version = VersionNumber(3); },
       Reason::kVersionDisabled},
      {"a destroyed version", "db/login", [](auto& r) { r.version = VersionNumber(4); },
       Reason::kVersionDestroyed},
      {"no such version", "db/login", [](auto& r) { r.version = VersionNumber(5); },
       Reason::kNotFound},
      {"no version that can be used", "db/off", [](AcquireRequest&) {}, Reason::kVersionDisabled},
      {"brokered only", "db/login", [](auto& r) { r.delivery = Delivery::kRevealed; },
       Reason::kDeliveryNotAllowed},
      {"revealed where a policy says so", "api/key",
       [](auto& r) { r.delivery = Delivery::kRevealed; }, Reason::kNone},
      {"nobody's secret", "root/key", [](AcquireRequest&) {}, Reason::kNotFoundOrForbidden},
      {"no secret", "db/nothing", [](AcquireRequest&) {}, Reason::kNotFoundOrForbidden},
      {"denied by a policy, allowed by another", "db/prod", [](AcquireRequest&) {}, Reason::kNone},
      {"denied by a policy, allowed by another", "db/prod",
       [&](auto& r) { r.principal = world.crawler; }, Reason::kPolicyDenied},
      {"of another group", "mail/key", [&](auto& r) { r.principal = world.crawler; },
       Reason::kNotFoundOrForbidden},
      {"an agent that never was", "db/login",
       [](auto& r) { r.principal.agent = EntityUid(99'999); }, Reason::kUnauthenticated},
      {"a secret as agent", "db/login",
       [&](auto& r) {
         r.principal.agent =
             world.state().entities().FindByName(EntityKind::kSecret, "db/login")->uid;
       },
       Reason::kUnauthenticated},
  };
  for (const Row& row : table) {
    CAPTURE(row.why);
    AcquireRequest request = world.AcquireOf(world.bot, row.secret);
    row.change(request);
    const bool known = request.principal.agent == world.bot.agent ||
                       request.principal.agent == world.crawler.agent;
    const uint64_t before = world.entries();
    const absl::StatusOr<AcquireResult> lease = world.Await(world.Acquire(request));
    CHECK(ReasonOf(lease.status()) == row.reason);
    CHECK((world.entries() > before) == known);
    if (lease.ok()) {
      const Lease& made = world.Find(*lease);
      CHECK(made.agent == request.principal.agent);
      CHECK(made.expire_time - made.issue_time == request.ttl.value_or(absl::Hours(1)));
      CHECK(made.max_expire_time >= made.expire_time);
    }
  }
}

TEST_CASE("absent and forbidden secrets get the same answer to the byte") {
  FurnishedWorld world;
  auto ask = [&](const char* secret, std::function<void(AcquireRequest&)> change) {
    AcquireRequest request = world.AcquireOf(world.crawler, secret);
    change(request);
    return Bytes(world.Await(world.Acquire(std::move(request))).status());
  };
  const std::vector<std::function<void(AcquireRequest&)>> changes = {
      [](AcquireRequest&) {},
      [](AcquireRequest& r) { r.ttl = -kSecond; },
      [](AcquireRequest& r) { r.version = VersionNumber(9); },
      [](AcquireRequest& r) { r.delivery = Delivery::kRevealed; },
      [](AcquireRequest& r) { r.workflow = MustName("elsewhere"); },
  };
  const std::string constant = ask("db2/nothing", changes[0]);
  REQUIRE(constant.find("NOT_FOUND_OR_FORBIDDEN") != std::string::npos);
  REQUIRE(constant.find("db2") == std::string::npos);
  // Holds tell nothing either.
  REQUIRE(world.Await(world.Revoke(SecretSelector("api/key"))).ok());
  for (const auto& change : changes) {
    CHECK(ask("db2/nothing", change) == constant);
    CHECK(ask("root/key", change) == constant);
    CHECK(ask("api/key", change) == constant);
    CHECK(ask("mail/key", change) == constant);
  }
  // A secret that a policy shows and that is not there gets no other answer.
  CHECK(ask("db/nothing", changes[0]) == constant);
}

TEST_CASE("a request id makes one lease, also across a restart") {
  FurnishedWorld world;
  auto ask = [&](const Principal& who, const char* id, const char* body) {
    return world.Await(world.Acquire(WithId(world.AcquireOf(who, "db/login"), id, body)));
  };
  const LeaseNumber first = ask(world.bot, "id-1", "body").value().lease;
  CHECK(ask(world.bot, "id-1", "body")->lease == first);
  CHECK(ReasonOf(ask(world.bot, "id-1", "other body").status()) == Reason::kRequestIdReused);
  // Scoped to the principal.
  const LeaseNumber others = ask(world.crawler, "id-1", "body").value().lease;
  CHECK(others != first);
  CHECK(ask(world.bot, "id-2", "body")->lease != first);

  const bool clean = GENERATE(true, false);
  if (clean) {
    world.Restart();
  } else {
    world.Kill();
    REQUIRE(world.Start().ok());
  }
  CHECK(world.state().leases().count() == 3);
  CHECK(ask(world.bot, "id-1", "body")->lease == first);
  CHECK(ask(world.crawler, "id-1", "body")->lease == others);
  CHECK(ReasonOf(ask(world.bot, "id-1", "other body").status()) == Reason::kRequestIdReused);

  // A dead lease is still the answer: it was made, and asking again must not make another.
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  CHECK(ask(world.bot, "id-1", "body")->lease == first);
  CHECK(world.TryUse(world.bot, {first, world.state().epoch()}) == Reason::kLeaseRevoked);
  CHECK(ReasonOf(ask(world.bot, "id-9", "body").status()) == Reason::kHeld);

  // A day later the id is free.
  REQUIRE(world.Await(world.Resume(AgentSelector("bot"))).ok());
  world.clock().Advance(absl::Hours(24) - absl::Milliseconds(1));
  world.bot = world.IssueToken("bot");
  CHECK(ask(world.bot, "id-1", "body")->lease == first);
  world.clock().Advance(absl::Milliseconds(1));
  const LeaseNumber anew = ask(world.bot, "id-1", "body").value().lease;
  CHECK(anew != first);
  CHECK(ask(world.bot, "id-1", "body")->lease == anew);
}

TEST_CASE("a refused request does not use its request id up") {
  FurnishedWorld world;
  AcquireRequest request = WithId(world.AcquireOf(world.bot, "db/later"), "id", "body");
  CHECK(ReasonOf(world.Await(world.Acquire(request)).status()) == Reason::kNotFoundOrForbidden);
  world.CreateSecret("db/later");
  CHECK(world.Await(world.Acquire(request)).ok());
}

TEST_CASE("a renewal moves the end, up to the maximum") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");  // 1 h of 4 h
  const UnixMillis start = world.Find(lease).issue_time;
  struct Row {
    absl::Duration after;
    absl::Duration ttl;  // zero: not given
    absl::Duration end;  // from the start
    Reason reason;
  };
  const std::vector<Row> table = {
      {absl::Minutes(30), {}, absl::Minutes(90), Reason::kNone},
      {absl::Minutes(40), absl::Minutes(10), absl::Minutes(90), Reason::kNone},  // never shorter
      {absl::Minutes(60), absl::Hours(2), absl::Minutes(90), Reason::kInvalidArgument},
      {absl::Minutes(60), -absl::Hours(2), absl::Minutes(90), Reason::kInvalidArgument},
      {absl::Minutes(80), {}, absl::Minutes(140), Reason::kNone},
      {absl::Minutes(139), {}, absl::Minutes(199), Reason::kNone},
      {absl::Minutes(198), {}, absl::Hours(4), Reason::kNone},  // cut to the maximum
      {absl::Minutes(199), {}, absl::Hours(4), Reason::kLeaseMaxTtl},
      {absl::Minutes(240), {}, absl::Hours(4), Reason::kLeaseExpired},
  };
  for (size_t row = 0; row < table.size(); ++row) {
    CAPTURE(row);
    const UnixMillis now = world.authority().Now();
    world.clock().Advance(start + table[row].after - now);
    RenewRequest request = world.RenewOf(world.bot, lease);
    if (table[row].ttl != absl::ZeroDuration()) request.ttl = table[row].ttl;
    CHECK(ReasonOf(world.Await(world.Renew(request)).status()) == table[row].reason);
    CHECK(world.Find(lease).expire_time - start == table[row].end);
  }
}

TEST_CASE("a renewal is refused for the same reasons as a lease, and for the lease's own") {
  struct Row {
    const char* why;
    std::function<void(FurnishedWorld&, const AcquireResult&)> before;
    Reason reason;
  };
  const Row row = GENERATE(values<Row>({
      {"nothing happened", [](FurnishedWorld&, const AcquireResult&) {}, Reason::kNone},
      {"revoked", [](auto& w, const auto& l) { w.Await(w.Revoke(LeaseSelector(l))).IgnoreError(); },
       Reason::kLeaseRevoked},
      {"released", [](auto& w, const auto& l) { w.Await(w.Release(l)).IgnoreError(); },
       Reason::kLeaseReleased},
      {"its workflow is held",
       [](auto& w, const auto&) {
         // A revocation with a hold on a secret that another lease shows, and resumed leases: the
         // hold alone is in the way of what was issued after it was lifted for a moment.
         w.Await(w.Revoke(WorkflowSelector("default"))).IgnoreError();
       },
       Reason::kLeaseRevoked},
      {"policy forbids it now", [](auto& w, const auto&) { w.Apply(""); }, Reason::kPolicyDenied},
      {"its secret is gone",
       [](auto& w, const auto&) { w.Delete(EntityKind::kSecret, "db/login"); },
       Reason::kPolicyDenied},
      {"its agent is gone", [](auto& w, const auto&) { w.Delete(EntityKind::kAgent, "bot"); },
       Reason::kUnauthenticated},
      {"its agent came back as another",
       [](auto& w, const auto&) {
         w.Delete(EntityKind::kAgent, "bot");
         w.CreateAgent("bot");
         w.bot = w.IssueToken("bot");
       },
       Reason::kLeaseNotBound},
      {"the token was revoked", [](auto& w, const auto&) { w.RevokeToken(w.bot); },
       Reason::kCredentialRevoked},
      {"another agent asks", [](auto& w, const auto&) { w.bot = w.crawler; },
       Reason::kLeaseNotBound},
  }));
  INFO(row.why);
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  world.clock().Advance(absl::Minutes(1));
  row.before(world, lease);
  const UnixMillis end = world.Find(lease).expire_time;
  CHECK(ReasonOf(world.Await(world.Renew(world.RenewOf(world.bot, lease))).status()) == row.reason);
  CHECK((world.Find(lease).expire_time > end) == (row.reason == Reason::kNone));
}

TEST_CASE("a hold keeps a lease that it does not revoke from being renewed") {
  FurnishedWorld world;
  world.Lease(world.bot, "db/login");
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  REQUIRE(world.Await(world.Resume(AgentSelector("bot"))).ok());
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  // Held again, as by another operator, without touching what was issued since.
  const Answer<LogIndex> held = world.Submit<LogIndex>(Urgency::kUrgent, [&](Transaction& tx) {
    ledger::v1::Entry entry;
    *entry.mutable_hold_set()->mutable_control() = tx.MakeControl(LeaseWorld::Operator());
    Selector::OfAgent(world.bot.agent).ToEntry(entry.mutable_hold_set()->mutable_selector());
    return absl::StatusOr<LogIndex>(tx.Append(std::move(entry)));
  });
  REQUIRE(world.Await(held).ok());
  world.clock().Advance(absl::Minutes(1));
  CHECK(ReasonOf(world.Await(world.Renew(world.RenewOf(world.bot, lease))).status()) ==
        Reason::kHeld);
  CHECK(world.TryUse(world.bot, lease) == Reason::kNone);
  CHECK(world.TryAcquire(world.bot, "db/login") == Reason::kHeld);
}

TEST_CASE("a release is its agent's or an operator's, and may be said twice") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  CHECK(ReasonOf(world.Await(world.Release(lease, world.crawler.agent)).status()) ==
        Reason::kNotFound);
  CHECK(ReasonOf(world.Await(world.Release({LeaseNumber(9), lease.epoch})).status()) ==
        Reason::kNotFound);
  CHECK(world.TryUse(world.bot, lease) == Reason::kNone);
  REQUIRE(world.Await(world.Release(lease, world.bot.agent)).ok());
  const uint64_t before = world.entries();
  REQUIRE(world.Await(world.Release(lease, world.bot.agent)).ok());
  REQUIRE(world.Await(world.Release(lease)).ok());
  CHECK(world.entries() == before);
  CHECK(world.TryUse(world.bot, lease) == Reason::kLeaseReleased);
}

TEST_CASE("a name that was deleted and made anew is a stranger to what was before") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  const Principal old_bot = world.bot;
  world.Delete(EntityKind::kAgent, "bot");
  CHECK(ReasonOf(world.Await(world.Revoke(AgentSelector("bot"))).status()) == Reason::kNotFound);
  world.CreateAgent("bot");
  const Principal new_bot = world.IssueToken("bot");
  CHECK(new_bot.agent != old_bot.agent);

  // The old one's token, lease and hold are the old one's.
  CHECK(world.TryAcquire(old_bot, "db/login") == Reason::kUnauthenticated);
  CHECK(world.TryUse(old_bot, lease) == Reason::kLeaseRevoked);
  CHECK(world.TryUse(new_bot, lease) == Reason::kLeaseNotBound);
  CHECK(world.TryAcquire(new_bot, "db/login") == Reason::kNone);
  // It is in no group that it was not put into.
  CHECK(world.TryAcquire(new_bot, "mail/key") == Reason::kNotFoundOrForbidden);

  // And a secret's leases are not those of the next one of its name.
  const AcquireResult of_old = world.Lease(new_bot, "db/login");
  world.Delete(EntityKind::kSecret, "db/login");
  world.CreateSecret("db/login");
  CHECK(world.TryUse(new_bot, of_old) == Reason::kVersionDestroyed);
  CHECK(world.TryUse(new_bot, world.Lease(new_bot, "db/login")) == Reason::kNone);
}

// Whether a refusal was committed can be seen by its time. Secrets that exist must not have
// counters of their own.
TEST_CASE("a guesser's refusals are counted together, whether the secret exists or not") {
  FurnishedWorld world;
  for (uint64_t i = 0; i < RefusalLimiter::kEntriesPerWindow; ++i) {
    REQUIRE(world.TryAcquire(world.bot, "db/nothing") == Reason::kNotFoundOrForbidden);
  }
  const uint64_t before = world.state().size();
  CHECK(world.TryAcquire(world.bot, "db/nothing-else") == Reason::kNotFoundOrForbidden);
  CHECK(world.TryAcquire(world.bot, "root/key") == Reason::kNotFoundOrForbidden);
  CHECK(world.state().size() == before);
}

TEST_CASE("an agent whose time is over takes no lease and uses none") {
  FurnishedWorld world;
  const UnixMillis end = world.authority().Now() + absl::Minutes(10);
  world.CreateAgent("temp", end);
  const Principal temp = world.IssueToken("temp");
  const AcquireResult lease = world.Lease(temp, "db/login");
  CHECK(world.TryUse(temp, lease) == Reason::kNone);
  world.clock().Advance(absl::Minutes(10) - absl::Milliseconds(1));
  CHECK(world.TryUse(temp, lease) == Reason::kNone);
  world.clock().Advance(absl::Milliseconds(1));
  CHECK(world.TryUse(temp, lease) == Reason::kAgentExpired);
  CHECK(world.TryAcquire(temp, "db/login") == Reason::kAgentExpired);
}

TEST_CASE("a lease that was given back stays so when its agent's time is extended") {
  FurnishedWorld world;
  const UnixMillis end = world.authority().Now() + absl::Minutes(10);
  world.CreateAgent("temp", end);
  const Principal temp = world.IssueToken("temp");
  const AcquireResult lease = world.Lease(temp, "db/login");
  world.clock().Advance(absl::Minutes(10));
  REQUIRE(world.Await(world.Release(lease)).ok());
  const EntityWrite longer{.principal = LeaseWorld::Operator(), .name = MustName("temp")};
  REQUIRE(world
              .Await(world.Submit<EntityUid>(
                  Urgency::kNormal, [&](Transaction& tx) { return UpdateEntity(tx, longer); }))
              .ok());
  CHECK(world.TryUse(temp, lease) == Reason::kLeaseReleased);
  CHECK(world.TryUse(temp, world.Lease(temp, "db/login")) == Reason::kNone);
}

TEST_CASE("an end at the very start of the epoch is an end, not never") {
  FurnishedWorld world;
  const UnixMillis start = world.state().epoch_start();
  world.clock().Advance(kSecond);
  for (const absl::Duration off :
       {-absl::Hours(1), -absl::Milliseconds(1), absl::ZeroDuration(), absl::Milliseconds(1)}) {
    const std::string name = "early" + std::to_string(absl::ToInt64Milliseconds(off) & 0xffff);
    world.CreateAgent(name, start + off);
    CAPTURE(off);
    CHECK(world.TryAcquire(world.IssueToken(name), "db/login") == Reason::kAgentExpired);
  }
}

}  // namespace leasehold
