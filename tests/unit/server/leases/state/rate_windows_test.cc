// Windows against a naive model: a list of moments.

#include "server/leases/state/rate_windows.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>

namespace leasehold {
namespace {

constexpr int64_t kStart = 1'800'000'000'000;

UnixMillis At(int64_t ms) { return UnixMillis(kStart + ms); }

RateKey KeyOf(uint64_t scope) {
  RateKey key;
  key.rule.fill(7);
  key.scope = scope;
  return key;
}

// Every use that was charged, by its moment.
class Moments {
 public:
  explicit Moments(int64_t per_ms) : per_ms_(per_ms) {}
  void Add(int64_t at) { at_.push_back(at); }
  // How many lie in the window that ends at `now`, both ends included.
  uint64_t InWindow(int64_t now) const {
    return static_cast<uint64_t>(at_.end() -
                                 std::lower_bound(at_.begin(), at_.end(), now - per_ms_));
  }
  // The most that any window held.
  uint64_t Most() const {
    uint64_t most = 0;
    for (size_t first = 0, last = 0; last < at_.size(); ++last) {
      while (at_[last] - at_[first] > per_ms_) ++first;
      most = std::max<uint64_t>(most, last - first + 1);
    }
    return most;
  }

 private:
  int64_t per_ms_;
  std::vector<int64_t> at_;
};

struct Life {
  uint64_t max;
  int64_t per_ms;
  int64_t gap_ms;  // between tries, at most
  size_t charged = 0;
  size_t refused = 0;
};

// Tries again and again and says what went wrong.
std::string Live(Life& life, uint32_t seed, int tries) {
  std::mt19937 random(seed);
  const absl::Duration per = absl::Milliseconds(life.per_ms);
  RateWindows windows;
  Moments moments(life.per_ms);
  int64_t now = 0;
  for (int i = 0; i < tries; ++i) {
    // Bursts, and now and then a pause in which all is forgotten.
    if (random() % 4 != 0) now += static_cast<int64_t>(random() % (life.gap_ms + 1));
    if (random() % 500 == 0) now += life.per_ms + 1;
    const UnixMillis free = windows.FreeAt(KeyOf(1), per, life.max, At(now));
    const uint64_t used = moments.InWindow(now);
    if (free == At(now)) {
      windows.Charge(KeyOf(1), per, life.max, At(now));
      moments.Add(now);
      ++life.charged;
      continue;
    }
    ++life.refused;
    if (used * 32 < life.max * 31) return "refused too early";
    if (free < At(now)) return "free in the past";
    // Whoever waits as long as told is not refused, nor would others have been a moment earlier.
    if (windows.FreeAt(KeyOf(1), per, life.max, free) != free) return "refused after waiting";
    if (random() % 8 == 0) now = free.value() - kStart;
  }
  if (moments.Most() > life.max) return "more than max in a window";
  const std::vector<RateCounter> live = windows.LiveAt(At(now));
  if (!live.empty() && live.front().buckets.size() > RateWindows::kBucketsMax) return "grew";
  return "";
}

}  // namespace

TEST_CASE("no window ever holds more than max, and none is refused far below it") {
  Life lives[] = {
      {1, 1'000, 300},
      {2, 1'000, 400},
      {5, 60'000, 9'000},
      {31, 1'000, 40},
      {32, 1'000, 40},
      {33, 1'000, 30},
      {60, 60'000, 1'100},
      {63, 5'000, 60},
      {64, 5'000, 60},
      {100, 60'000, 500},
      {1'000, 10'000, 12},
      {1'000, 1'000, 1},
      {1'025, 86'400'000, 80'000},
  };
  uint32_t seed = 1;
  for (Life& life : lives) {
    INFO("max " << life.max << " per " << life.per_ms << " ms");
    CHECK(Live(life, seed++, 12'000) == "");
    CHECK(life.charged > 0);
    CHECK(life.refused > 0);
  }
}

TEST_CASE("of many uses at one moment as many as are left are free") {
  RateWindows windows;
  const absl::Duration per = absl::Minutes(1);
  for (int i = 0; i < 59; ++i) windows.Charge(KeyOf(1), per, 60, At(i));
  int allowed = 0;
  for (int i = 0; i < 100; ++i) {
    if (windows.FreeAt(KeyOf(1), per, 60, At(100)) != At(100)) continue;
    windows.Charge(KeyOf(1), per, 60, At(100));
    ++allowed;
  }
  CHECK(allowed == 1);
}

TEST_CASE("a window holds both its ends") {
  RateWindows windows;
  const absl::Duration per = absl::Seconds(1);
  windows.Charge(KeyOf(1), per, 1, At(0));
  CHECK(windows.FreeAt(KeyOf(1), per, 1, At(0)) == At(1'001));
  CHECK(windows.FreeAt(KeyOf(1), per, 1, At(1'000)) == At(1'001));
  CHECK(windows.FreeAt(KeyOf(1), per, 1, At(1'001)) == At(1'001));
}

TEST_CASE("what is counted apart does not touch") {
  RateWindows windows;
  const absl::Duration per = absl::Seconds(1);
  windows.Charge(KeyOf(1), per, 1, At(0));
  CHECK(windows.FreeAt(KeyOf(2), per, 1, At(0)) == At(0));
  RateKey other = KeyOf(1);
  other.rule.fill(8);
  CHECK(windows.FreeAt(other, per, 1, At(0)) == At(0));
}

TEST_CASE("a counter outlives an edit of its max") {
  RateWindows windows;
  const absl::Duration per = absl::Minutes(1);
  for (int i = 0; i < 1'000; ++i) windows.Charge(KeyOf(1), per, 1'000, At(i));

  // Less: nothing until enough of the old ones have gone, and the time told suffices.
  const UnixMillis free = windows.FreeAt(KeyOf(1), per, 10, At(1'000));
  CHECK(free > At(60'000));
  CHECK(windows.FreeAt(KeyOf(1), per, 10, free) == free);

  // More: only what is more.
  int more = 0;
  while (windows.FreeAt(KeyOf(1), per, 1'500, At(1'000)) == At(1'000)) {
    windows.Charge(KeyOf(1), per, 1'500, At(1'000));
    ++more;
  }
  CHECK(more == 500);
}

TEST_CASE("buckets stay few however often max is edited") {
  RateWindows windows;
  const absl::Duration per = absl::Hours(1);
  std::mt19937 random(5);
  Moments moments(3'600'000);
  int64_t now = 0;
  uint64_t max = 1;
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 50 == 0) max = 1 + random() % (1 << random() % 12);
    now += random() % 3;
    if (windows.FreeAt(KeyOf(1), per, max, At(now)) != At(now)) continue;
    REQUIRE(moments.InWindow(now) < max);
    windows.Charge(KeyOf(1), per, max, At(now));
    moments.Add(now);
    REQUIRE(windows.LiveAt(At(now)).front().buckets.size() <= RateWindows::kBucketsMax);
  }
}

TEST_CASE("counters that are idle for a window are gone") {
  RateWindows windows;
  for (uint64_t scope = 1; scope <= 1'000; ++scope) {
    windows.Charge(KeyOf(scope), absl::Seconds(1), 5, At(static_cast<int64_t>(scope)));
  }
  CHECK(windows.size() == 1'000);
  // Each charge drops those that are over by then.
  windows.Charge(KeyOf(5'000), absl::Seconds(1), 5, At(1'501));
  CHECK(windows.size() == 501);
  CHECK(windows.LiveAt(At(1'501)).size() == 501);
  CHECK(windows.LiveAt(At(3'000)).empty());
  windows.Charge(KeyOf(5'001), absl::Seconds(1), 5, At(3'000));
  CHECK(windows.size() == 1);
}

TEST_CASE("where there is no room for a counter a use waits until one is gone") {
  RateWindows windows(2);
  const absl::Duration per = absl::Seconds(1);
  windows.Charge(KeyOf(1), per, 5, At(0));
  windows.Charge(KeyOf(2), per, 5, At(10));
  CHECK(windows.FreeAt(KeyOf(1), per, 5, At(20)) == At(20));
  const UnixMillis free = windows.FreeAt(KeyOf(3), per, 5, At(20));
  CHECK(free == At(1'001));
  CHECK(windows.FreeAt(KeyOf(3), per, 5, free) == free);
  windows.Charge(KeyOf(3), per, 5, free);
  CHECK(windows.size() == 2);
}

TEST_CASE("windows that were stored go on as if nothing had happened") {
  std::mt19937 random(11);
  RateWindows kept;
  auto restored = std::make_unique<RateWindows>();
  const absl::Duration pers[] = {absl::Seconds(1), absl::Seconds(7), absl::Minutes(1)};
  int64_t now = 0;
  for (int i = 0; i < 20'000; ++i) {
    now += random() % 40;
    // A key has one length of window.
    const uint64_t scope = random() % 30;
    const absl::Duration per = pers[scope % 3];
    const uint64_t max = 1 + scope * 3;
    const UnixMillis free = kept.FreeAt(KeyOf(scope), per, max, At(now));
    REQUIRE(restored->FreeAt(KeyOf(scope), per, max, At(now)) == free);
    if (free == At(now)) {
      kept.Charge(KeyOf(scope), per, max, At(now));
      restored->Charge(KeyOf(scope), per, max, At(now));
    }
    if (random() % 200 == 0) {
      const std::vector<RateCounter> live = kept.LiveAt(At(now));
      REQUIRE(restored->LiveAt(At(now)) == live);
      restored = std::make_unique<RateWindows>();
      REQUIRE(restored->Restore(live));
    }
  }
}

TEST_CASE("counters that nobody could have charged are not taken") {
  const RateCounter good{KeyOf(1), absl::Seconds(1), {{At(0), 1}, {At(5), 2}}};
  CHECK(RateWindows().Restore({good}));
  RateCounter counter = good;
  counter.buckets.clear();
  CHECK_FALSE(RateWindows().Restore({counter}));
  counter = good;
  counter.buckets[0].count = 0;
  CHECK_FALSE(RateWindows().Restore({counter}));
  counter = good;
  counter.buckets[0].last = At(6);
  CHECK_FALSE(RateWindows().Restore({counter}));
  counter = good;
  counter.per = absl::ZeroDuration();
  CHECK_FALSE(RateWindows().Restore({counter}));
  counter = good;
  counter.buckets.resize(RateWindows::kBucketsMax + 1, {At(9), 1});
  CHECK_FALSE(RateWindows().Restore({counter}));
  CHECK_FALSE(RateWindows().Restore({good, good}));
}

}  // namespace leasehold
