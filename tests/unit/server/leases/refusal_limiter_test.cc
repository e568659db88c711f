#include "server/leases/refusal_limiter.h"

#include <catch2/catch.hpp>
#include <map>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"

namespace leasehold {
namespace {

const UnixMillis kNoon(1'800'000'000'000);

RefusalKey KeyOf(uint64_t agent) {
  return {.kind = RefusalKind::kUse, .reason = Reason::kPolicyDenied, .agent = EntityUid(agent)};
}

// Entries of a kind, with what they count.
struct Counted {
  uint64_t entries = 0;
  uint64_t refusals = 0;
};

}  // namespace

TEST_CASE("of refusals that are alike ten a minute are entries and the rest are counted") {
  RefusalLimiter limiter;
  int admitted = 0;
  for (int i = 0; i < 20'000; ++i) {
    admitted += limiter.Admit(KeyOf(1), LeaseNumber(5), kNoon + absl::Milliseconds(i / 20)) ? 1 : 0;
  }
  CHECK(admitted == 10);
  // Another agent's are not alike.
  CHECK(limiter.Admit(KeyOf(2), LeaseNumber(5), kNoon));

  CHECK(limiter.TakeDue(kNoon + absl::Milliseconds(59'999)).empty());
  const std::vector<RefusalSummary> due = limiter.TakeDue(kNoon + absl::Minutes(1));
  REQUIRE(due.size() == 1);
  CHECK(due[0].key == KeyOf(1));
  CHECK(due[0].count == 20'000 - 10);
  CHECK(due[0].lease == LeaseNumber(5));
  CHECK(due[0].first == kNoon);
  CHECK(due[0].last == kNoon + absl::Milliseconds(999));
  CHECK(limiter.TakeDue(kNoon + absl::Hours(1)).empty());
  CHECK(limiter.TakeAll().empty());
  // The next minute has ten again.
  admitted = 0;
  for (int i = 0; i < 100; ++i) {
    admitted += limiter.Admit(KeyOf(1), LeaseNumber(5), kNoon + absl::Minutes(2)) ? 1 : 0;
  }
  CHECK(admitted == 10);
  CHECK(limiter.TakeAll().size() == 1);
}

TEST_CASE("a summary of several leases names none") {
  RefusalLimiter limiter;
  for (uint64_t i = 0; i < 30; ++i) {
    limiter.Admit(KeyOf(1), LeaseNumber(1 + i % 2), kNoon);
  }
  const std::vector<RefusalSummary> all = limiter.TakeAll();
  REQUIRE(all.size() == 1);
  CHECK(all[0].lease.empty());
  CHECK(all[0].count == 20);
}

TEST_CASE("each difference makes refusals unlike") {
  RefusalLimiter limiter;
  std::vector<RefusalKey> keys(8, KeyOf(1));
  keys[1].kind = RefusalKind::kReveal;
  keys[2].reason = Reason::kHeld;
  keys[3].secret = EntityUid(1);
  keys[4].workflow = TextId(1);
  keys[5].target = EntityUid(1);
  keys[6].policy = TextId(1);
  keys[7].rule = TextId(1);
  for (const RefusalKey& key : keys) {
    for (int i = 0; i < 12; ++i) {
      CHECK(limiter.Admit(key, LeaseNumber(), kNoon) == (i < 10));
    }
  }
  CHECK(limiter.TakeAll().size() == keys.size());
}

TEST_CASE("beyond the limit of keys memory stays bounded and nothing is lost") {
  RefusalLimiter limiter;
  const uint64_t kinds = RefusalLimiter::kKeysMax + 5'000;
  uint64_t entries = 0;
  for (uint64_t workflow = 1; workflow <= kinds; ++workflow) {
    RefusalKey key = KeyOf(1);
    key.workflow = TextId(workflow);
    for (int i = 0; i < 11; ++i) {
      entries += limiter.Admit(key, LeaseNumber(), kNoon) ? 1 : 0;
    }
  }
  uint64_t counted = 0;
  const std::vector<RefusalSummary> all = limiter.TakeAll();
  for (const RefusalSummary& summary : all) counted += summary.count;
  CHECK(entries == RefusalLimiter::kKeysMax * 10 + 10);
  CHECK(all.size() == RefusalLimiter::kKeysMax + 1);
  CHECK(entries + counted == kinds * 11);
}

TEST_CASE("twenty thousand refusals in a second make eleven entries, and all are counted") {
  std::map<int, Counted> seen;
  FurnishedWorld world({.on_entry = [&](LogIndex, const ledger::v1::Entry& entry) {
    Counted& counted = seen[entry.kind_case()];
    ++counted.entries;
    if (entry.has_refusals_summarized()) counted.refusals += entry.refusals_summarized().count();
  }});
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  world.TryUse(world.bot, lease, "mailer");  // defines what texts there are
  seen.clear();
  const uint64_t before = world.entries();
  UseRequest request = world.UseOf(world.bot, lease, "mailer");
  uint64_t recorded = 1;
  uint64_t answers = 1;
  for (int batch = 0; batch < 20; ++batch) {
    std::vector<Answer<UseReply>> uses;
    for (int i = 0; i < 1000; ++i) uses.push_back(world.Use(request));
    world.Commit();
    for (const Answer<UseReply>& use : uses) {
      REQUIRE(use.get()->reason == Reason::kTargetSecretMismatch);
      recorded += use.get()->entry.has_value() ? 1 : 0;
      ++answers;
    }
    world.clock().Advance(absl::Milliseconds(50));
    world.committer().Tick();
  }
  CHECK(recorded == 10);
  CHECK(world.entries() - before == 9);
  world.clock().Advance(absl::Minutes(1));
  world.committer().Tick();
  CHECK(world.entries() - before == 10);
  CHECK(seen[ledger::v1::Entry::kUse].entries == 9);
  CHECK(seen[ledger::v1::Entry::kRefusalsSummarized].entries == 1);
  CHECK(seen[ledger::v1::Entry::kRefusalsSummarized].refusals == 20'001 - 10);
  CHECK(world.Find(lease).denied_uses == answers);

  // The usage map counts them all, at their target.
  const std::vector<UsageLine> lines = world.state().usage().Query({.agent = world.bot.agent}, {});
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].counters.denied == answers);
  CHECK(lines[0].counters.allowed == 0);
  CHECK(lines[0].counters.last_denied_reason == Reason::kTargetSecretMismatch);
}

TEST_CASE("refused leases and renewals are limited too") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  REQUIRE(world.Await(world.Revoke(AgentSelector("bot"))).ok());
  auto entries_of = [&](auto make) {
    const uint64_t before = world.entries();
    for (int i = 0; i < 500; ++i) make();
    world.Commit();
    return world.entries() - before;
  };
  CHECK(entries_of([&] { world.Acquire(world.AcquireOf(world.bot, "db/login")); }) == 10);
  CHECK(entries_of([&] { world.Acquire(world.AcquireOf(world.bot, "root/key")); }) == 10);
  CHECK(entries_of([&] { world.Renew(world.RenewOf(world.bot, lease)); }) == 10);
  // A refused renewal is no use.
  CHECK(world.Find(lease).denied_uses == 0);
}

TEST_CASE("what was counted is written when the server closes") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  for (int i = 0; i < 50; ++i) world.Use(world.UseOf(world.bot, lease, "evil"));
  world.Commit();
  CHECK(world.Find(lease).denied_uses == 10);
  world.Restart();
  CHECK(world.Find(lease).denied_uses == 50);
  // Not twice.
  world.Restart();
  CHECK(world.Find(lease).denied_uses == 50);
}

TEST_CASE("refusals that were counted survive a full disk") {
  FurnishedWorld world;
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  for (int i = 0; i < 50; ++i) world.Use(world.UseOf(world.bot, lease, "evil"));
  world.Commit();
  world.store().SetLow(true);
  world.clock().Advance(absl::Minutes(2));
  world.committer().Tick();
  CHECK(world.Find(lease).denied_uses == 10);
  world.store().SetLow(false);
  world.committer().Tick();
  CHECK(world.Find(lease).denied_uses == 50);
}

}  // namespace leasehold
