#include "server/ledger/usage_map.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

absl::Time At(int64_t ms) { return absl::FromUnixMillis(ms); }

struct Recorded {
  UsageKey key;
  UsageEvent event;
};

UsageDestination RandomDestination(std::mt19937_64& random) {
  switch (random() % 5) {
    case 0:
      return UsageDestination::Target(EntityUid(1 + random() % 4));
    case 1:
      return UsageDestination::Named(TextId(1 + random() % 4));
    case 2:
      return UsageDestination::Reveal();
    case 3:
      return UsageDestination::Acquire();
    default:
      return UsageDestination::Undeclared();
  }
}

UsageKey RandomKey(std::mt19937_64& random) {
  return {EntityUid(1 + random() % 5), EntityUid(1 + random() % 5), TextId(1 + random() % 3),
          RandomDestination(random), EntityUid(random() % 3 == 0 ? 1 + random() % 2 : 0)};
}

Recorded RandomRecord(std::mt19937_64& random, uint64_t index, int64_t now_ms) {
  Recorded recorded{RandomKey(random), {}};
  UsageEvent& event = recorded.event;
  event.index = LogIndex(index);
  event.first = event.last = At(now_ms);
  event.write = random() % 3 == 0;
  if (random() % 3 == 0) event.denied = random() % 2 ? Reason::kPolicyDenied : Reason::kHeld;
  event.not_enforced = random() % 4 == 0;
  if (random() % 10 == 0) {
    event.count = 1 + random() % 50;
    event.first = At(now_ms - static_cast<int64_t>(random() % 20));
  }
  return recorded;
}

bool Matches(const UsageKey& key, const UsageFilter& filter) {
  if (!filter.agent.empty() && key.agent != filter.agent) return false;
  if (!filter.secret.empty() && key.secret != filter.secret) return false;
  if (!filter.workflow.empty() && key.workflow != filter.workflow) return false;
  return !filter.destination.has_value() || key.destination == *filter.destination;
}

// The answer from the list of everything that was recorded, in ascending order of the keys.
std::vector<UsageLine> NaiveAnswer(const std::vector<Recorded>& all, const UsageFilter& filter,
                                   const UsageGroupBy& group_by) {
  std::map<UsageKey, UsageCounters> groups;
  for (const auto& [full_key, event] : all) {
    if (!Matches(full_key, filter)) continue;
    UsageKey key = full_key;
    if (!group_by.agent) key.agent = key.delegator = EntityUid();
    if (!group_by.secret) key.secret = EntityUid();
    if (!group_by.workflow) key.workflow = TextId();
    if (!group_by.destination) key.destination = UsageDestination();
    const bool is_new = !groups.contains(key);
    UsageCounters& counters = groups[key];
    counters.first = is_new ? event.first : std::min(counters.first, event.first);
    counters.last = is_new ? event.last : std::max(counters.last, event.last);
    counters.last_index = event.index;
    if (event.denied != Reason::kNone) {
      counters.denied += event.count;
      if (event.not_enforced) counters.not_enforced += event.count;
      counters.last_denied_reason = event.denied;
      counters.last_denied_index = event.index;
    } else {
      counters.allowed += event.count;
      if (event.write) counters.writes += event.count;
    }
  }
  std::vector<UsageLine> lines;
  for (const auto& [key, counters] : groups) lines.push_back({key, counters});
  return lines;
}

// Compares contents, and that the order is the promised one.
void CheckAnswer(std::vector<UsageLine> lines, const std::vector<UsageLine>& expected) {
  for (size_t i = 1; i < lines.size(); ++i) {
    const UsageCounters& before = lines[i - 1].counters;
    const UsageCounters& after = lines[i].counters;
    const bool in_order =
        before.last > after.last ||
        (before.last == after.last &&
         (before.last_index > after.last_index ||
          (before.last_index == after.last_index && lines[i - 1].key < lines[i].key)));
    REQUIRE(in_order);
  }
  std::sort(lines.begin(), lines.end(),
            [](const UsageLine& a, const UsageLine& b) { return a.key < b.key; });
  REQUIRE(lines.size() == expected.size());
  REQUIRE(std::equal(lines.begin(), lines.end(), expected.begin()));
}

TEST_CASE("usage is what a list of all uses says, also after a restart", "[ledger][usage_map]") {
  const uint64_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  std::vector<Recorded> all;
  UsageMap map;
  std::map<uint32_t, std::string> stored;
  int64_t now_ms = 1'700'000'000'000;
  for (uint64_t index = 0; index < 6000; ++index) {
    now_ms += static_cast<int64_t>(random() % 4);
    // An epoch may start with a clock that was far ahead before.
    if (random() % 1000 == 0) now_ms -= 5000;
    all.push_back(RandomRecord(random, index, now_ms));
    map.Record(all.back().key, all.back().event);
    if (random() % 100 == 0) {
      for (auto& [number, bytes] : map.TakeDirtyBuckets()) stored[number] = std::move(bytes);
    }
    if (random() % 500 == 0) {
      for (auto& [number, bytes] : map.TakeDirtyBuckets()) stored[number] = std::move(bytes);
      UsageMap restarted;
      for (const auto& [number, bytes] : stored) REQUIRE(restarted.LoadBucket(number, bytes).ok());
      REQUIRE(restarted.size() == map.size());
      REQUIRE(restarted.TakeDirtyBuckets().empty());
      map = std::move(restarted);
    }
    if (random() % 50 != 0) continue;
    UsageFilter filter;
    if (random() % 3 == 0) filter.agent = EntityUid(1 + random() % 6);
    if (random() % 3 == 0) filter.secret = EntityUid(1 + random() % 6);
    if (random() % 3 == 0) filter.workflow = TextId(1 + random() % 4);
    if (random() % 3 == 0) filter.destination = RandomDestination(random);
    const UsageGroupBy group_by{random() % 2 == 0, random() % 2 == 0, random() % 2 == 0,
                                random() % 2 == 0};
    CheckAnswer(map.Query(filter, group_by), NaiveAnswer(all, filter, group_by));
  }
  CheckAnswer(map.Query({}, {}), NaiveAnswer(all, {}, {}));
}

TEST_CASE("which agent used which credential where", "[ledger][usage_map]") {
  const EntityUid triage(1);
  const EntityUid release(2);
  const EntityUid pat(10);
  const TextId work(20);
  const auto github = UsageDestination::Target(EntityUid(30));
  UsageMap map;
  map.Record({triage, pat, work, github}, {LogIndex(5), At(100), At(100)});
  map.Record({release, pat, work, github},
             {LogIndex(6), At(200), At(200), Reason::kNone, /*write=*/true});
  map.Record({triage, pat, work, github}, {LogIndex(7), At(300), At(300), Reason::kLeaseRevoked});
  // Refusals that were summarised, and the reason of an older denial that must not win.
  map.Record({triage, pat, work, UsageDestination::Acquire()},
             {LogIndex(8), At(250), At(310), Reason::kHeld, false, 40});

  const std::vector<UsageLine> lines = map.Query({.agent = triage}, {});
  REQUIRE(lines.size() == 2);
  CHECK(lines[0].key.destination == UsageDestination::Acquire());
  CHECK(lines[0].counters.denied == 40);
  CHECK(lines[0].counters.first == At(250));
  CHECK(lines[1].counters ==
        UsageCounters{At(100), At(300), 1, 1, 0, LogIndex(7), Reason::kLeaseRevoked, LogIndex(7)});

  const std::vector<UsageLine> by_secret =
      map.Query({}, {.agent = false, .workflow = false, .destination = false});
  REQUIRE(by_secret.size() == 1);
  CHECK(by_secret[0].key == UsageKey{{}, pat, {}, {}});
  CHECK(by_secret[0].counters ==
        UsageCounters{At(100), At(310), 2, 41, 1, LogIndex(8), Reason::kHeld, LogIndex(8)});
  CHECK(map.Query({.agent = EntityUid(3)}, {}).empty());
}

TEST_CASE("only buckets that changed are written", "[ledger][usage_map]") {
  std::mt19937_64 random(3);
  UsageMap map;
  for (uint64_t i = 0; i < 2000; ++i) {
    map.Record({EntityUid(random() % 1000), EntityUid(1), TextId(1), UsageDestination::Reveal()},
               {LogIndex(i), At(1), At(1)});
  }
  CHECK(map.TakeDirtyBuckets().size() == UsageMap::kBuckets);
  CHECK(map.TakeDirtyBuckets().empty());
  const UsageKey key{EntityUid(7), EntityUid(1), TextId(1), UsageDestination::Reveal()};
  map.Record(key, {LogIndex(2000), At(2), At(2)});
  map.Record(key, {LogIndex(2001), At(3), At(3)});
  CHECK(map.TakeDirtyBuckets().size() == 1);
}

TEST_CASE("a bucket's place and bytes stay as they are", "[ledger][usage_map]") {
  UsageMap map;
  map.Record({EntityUid(1), EntityUid(2), TextId(3), UsageDestination::Target(EntityUid(4))},
             {LogIndex(9), At(1000), At(1000), Reason::kNone, true});
  map.Record({EntityUid(1), EntityUid(2), TextId(3), UsageDestination::Target(EntityUid(4))},
             {LogIndex(11), At(1200), At(1200), Reason::kPolicyDenied});
  const auto buckets = map.TakeDirtyBuckets();
  REQUIRE(buckets.size() == 1);
  CHECK(buckets[0].first == 52);
  // Format, one line; agent, secret, workflow, target 4; 1000 and 200 more; one allowed, one
  // denied, one write; entry 11, reason 7, in that very entry.
  CHECK(HexEncode(AsBytes(buckets[0].second)) ==
        "0101"
        "010203"
        "0104"
        "e807c801"
        "010101"
        "0b0700");
}

TEST_CASE("a full map counts new workflows together", "[ledger][usage_map]") {
  UsageMap map(3);
  const auto record = [&](uint64_t workflow, uint64_t index) {
    map.Record({EntityUid(1), EntityUid(2), TextId(workflow), UsageDestination::Reveal()},
               {LogIndex(index), At(1), At(1)});
  };
  for (uint64_t i = 1; i <= 10; ++i) record(i, i);
  record(2, 11);
  CHECK(map.size() == 4);
  const std::vector<UsageLine> rest = map.Query({}, {});
  REQUIRE(rest.size() == 4);
  CHECK(rest[0].key.workflow == TextId(2));
  CHECK(rest[0].counters.allowed == 2);
  CHECK(rest[1].key.workflow == TextId());
  CHECK(rest[1].counters.allowed == 7);
}

TEST_CASE("a bucket in the wrong place is refused and changes nothing", "[ledger][usage_map]") {
  UsageMap map;
  map.Record({EntityUid(1), EntityUid(2), TextId(3), UsageDestination::Reveal()},
             {LogIndex(1), At(1), At(1)});
  const auto buckets = map.TakeDirtyBuckets();
  REQUIRE(buckets.size() == 1);
  const auto& [number, bytes] = buckets[0];
  const uint32_t other = (number + 1) % UsageMap::kBuckets;
  CHECK(ReasonOf(map.LoadBucket(other, bytes)) == Reason::kStoreDamaged);
  CHECK(ReasonOf(map.LoadBucket(UsageMap::kBuckets, bytes)) == Reason::kStoreDamaged);
  CHECK(ReasonOf(map.LoadBucket(number, bytes + "x")) == Reason::kStoreDamaged);
  CHECK(map.size() == 1);
  CHECK(map.LoadBucket(number, bytes).ok());
  CHECK(map.size() == 1);
}

}  // namespace
}  // namespace leasehold
