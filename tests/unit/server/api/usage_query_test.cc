#include "server/api/usage_query.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <tuple>

#include "server/base/status.h"

namespace leasehold {
namespace {

struct Event {
  UsageKey key;
  UsageEvent event;
};

bool Wanted(const std::vector<EntityUid>& uids, EntityUid uid) {
  return uids.empty() || std::find(uids.begin(), uids.end(), uid) != uids.end();
}

// The answer by looking at every event.
std::vector<UsageLine> Naive(const std::vector<Event>& events, const UsageQuestion& question) {
  std::vector<UsageLine> lines;
  for (const Event& event : events) {
    if (!Wanted(question.agents, event.key.agent) || !Wanted(question.secrets, event.key.secret) ||
        (!question.workflow.empty() && question.workflow != event.key.workflow) ||
        (!question.destinations.empty() &&
         std::find(question.destinations.begin(), question.destinations.end(),
                   event.key.destination) == question.destinations.end())) {
      continue;
    }
    UsageKey key;
    if (question.group_by.agent) {
      key.agent = event.key.agent;
      key.delegator = event.key.delegator;
    }
    if (question.group_by.secret) key.secret = event.key.secret;
    if (question.group_by.workflow) key.workflow = event.key.workflow;
    if (question.group_by.destination) key.destination = event.key.destination;
    auto line = std::find_if(lines.begin(), lines.end(),
                             [&](const UsageLine& known) { return known.key == key; });
    if (line == lines.end()) {
      lines.push_back({key, {.first = event.event.first, .last = event.event.last}});
      line = std::prev(lines.end());
    }
    UsageCounters& c = line->counters;
    c.first = std::min(c.first, event.event.first);
    c.last = std::max(c.last, event.event.last);
    c.last_index = event.event.index;
    if (event.event.denied == Reason::kNone) {
      c.allowed += event.event.count;
      c.writes += event.event.write ? event.event.count : 0;
    } else {
      c.denied += event.event.count;
      c.last_denied_reason = event.event.denied;
      c.last_denied_index = event.event.index;
    }
  }
  std::sort(lines.begin(), lines.end(), [](const UsageLine& a, const UsageLine& b) {
    return std::tuple(b.counters.last, b.counters.last_index, a.key) <
           std::tuple(a.counters.last, a.counters.last_index, b.key);
  });
  return lines;
}

std::vector<Event> RandomEvents(std::mt19937& random, UsageMap& usage) {
  auto pick = [&](uint64_t n) { return random() % n; };
  const UsageDestination destinations[] = {
      UsageDestination::Target(EntityUid(7)), UsageDestination::Target(EntityUid(8)),
      UsageDestination::Reveal(), UsageDestination::Acquire(), UsageDestination::Undeclared()};
  std::vector<Event> events;
  for (uint64_t i = 0; i < 200; ++i) {
    absl::Time time = absl::FromUnixMillis(static_cast<int64_t>(1000 + i / 3));
    Event event{{EntityUid(1 + pick(3)), EntityUid(1 + pick(3)), TextId(1 + pick(2)),
                 destinations[pick(5)], EntityUid(pick(3))},
                {.index = LogIndex(i), .first = time, .last = time}};
    event.event.denied = pick(2) == 0 ? Reason::kNone : Reason::kPolicyDenied;
    event.event.write = event.event.denied == Reason::kNone && pick(2) == 0;
    usage.Record(event.key, event.event);
    events.push_back(event);
  }
  return events;
}

UsageQuestion RandomQuestion(std::mt19937& random) {
  auto pick = [&](uint64_t n) { return random() % n; };
  UsageQuestion question;
  for (uint64_t uid = 1; uid <= 3; ++uid) {
    if (pick(3) == 0) question.agents.emplace_back(uid);
    if (pick(3) == 0) question.secrets.emplace_back(uid);
  }
  if (pick(2) == 0) question.destinations.push_back(UsageDestination::Target(EntityUid(7)));
  if (pick(3) == 0) question.destinations.push_back(UsageDestination::Target(EntityUid(8)));
  if (pick(3) == 0) question.workflow = TextId(1);
  question.group_by = {.agent = pick(2) == 0,
                       .secret = pick(2) == 0,
                       .workflow = pick(2) == 0,
                       .destination = pick(2) == 0};
  return question;
}

// What the service does, with `usage` for the published state.
std::vector<UsageLine> Answer(const UsageMap& usage, const UsageQuestion& question) {
  return AnswerUsage(
      [&usage](uint32_t bucket, const UsageFilter& filter, std::vector<UsageLine>* lines) {
        usage.CopyLines(bucket, filter, lines);
      },
      question);
}

TEST_CASE("an answer asks for every bucket once, and uses that come meanwhile do no harm") {
  std::mt19937 random(std::random_device{}());
  UsageMap usage;
  RandomEvents(random, usage);
  const std::vector<UsageLine> before = usage.Query({}, {});
  std::vector<uint32_t> asked;
  uint64_t index = 1000;
  const std::vector<UsageLine> lines = AnswerUsage(
      [&](uint32_t bucket, const UsageFilter& filter, std::vector<UsageLine>* copied) {
        asked.push_back(bucket);
        CHECK(copied->empty());
        usage.CopyLines(bucket, filter, copied);
        // Between two buckets the Committer may record what it likes.
        const absl::Time later = absl::FromUnixMillis(static_cast<int64_t>(index));
        usage.Record(before[index % before.size()].key,
                     {.index = LogIndex(index), .first = later, .last = later});
        ++index;
      },
      UsageQuestion());
  REQUIRE(asked.size() == UsageMap::kBuckets);
  CHECK(std::is_sorted(asked.begin(), asked.end()));
  CHECK(std::adjacent_find(asked.begin(), asked.end()) == asked.end());
  // Nothing that was there is missing.
  CHECK(lines.size() == before.size());
  for (const UsageLine& old : before) {
    const auto now = std::find_if(lines.begin(), lines.end(),
                                  [&](const UsageLine& line) { return line.key == old.key; });
    REQUIRE(now != lines.end());
    CHECK(now->counters.allowed >= old.counters.allowed);
    CHECK(now->counters.denied == old.counters.denied);
  }
}

TEST_CASE("any condition on any split gives what counting every event gives") {
  uint32_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  UsageMap usage;
  const std::vector<Event> events = RandomEvents(random, usage);
  for (int i = 0; i < 300; ++i) {
    UsageQuestion question = RandomQuestion(random);
    std::vector<UsageLine> expected = Naive(events, question);
    std::vector<UsageLine> lines = Answer(usage, question);
    CAPTURE(i);
    REQUIRE(lines.size() == expected.size());
    for (size_t line = 0; line < lines.size(); ++line) {
      REQUIRE(lines[line].key == expected[line].key);
      REQUIRE(lines[line].counters == expected[line].counters);
    }
  }
}

TEST_CASE("a page goes on behind the last line of the one before, whatever came to the front") {
  uint32_t seed = std::random_device()();
  CAPTURE(seed);
  std::mt19937 random(seed);
  UsageMap usage;
  RandomEvents(random, usage);
  UsageQuestion all;
  std::vector<UsageLine> lines = Answer(usage, all);
  for (size_t i = 0; i < lines.size(); ++i) {
    CHECK(UsageStart(lines, UsagePlace(lines[i])).value() == i + 1);
  }
  const std::string place = UsagePlace(lines[4]);
  const UsageLine next = lines[5];
  // Line 2, which was shown already, is used again.
  absl::Time later = absl::FromUnixMillis(99'999);
  usage.Record(lines[2].key, {.index = LogIndex(1000), .first = later, .last = later});
  std::vector<UsageLine> changed = Answer(usage, all);
  REQUIRE(changed.front().key == lines[2].key);
  size_t start = UsageStart(changed, place).value();
  CHECK(changed[start] == next);
  CHECK(UsageStart(lines, "").value() == 0);
  CHECK(ReasonOf(UsageStart(lines, "short").status()) == Reason::kPageTokenInvalid);
}

}  // namespace
}  // namespace leasehold
