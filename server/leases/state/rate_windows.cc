#include "server/leases/state/rate_windows.h"

#include <algorithm>
#include <iterator>
#include <limits>

#include "server/base/check.h"

namespace leasehold {
namespace {

// The first moment at which a use of `last` is outside of the window. A window holds both its ends:
// two uses of the same clock tick may be almost a millisecond apart.
UnixMillis Gone(UnixMillis last, absl::Duration per) {
  return UnixMillis(last.value() + absl::ToInt64Milliseconds(per) + 1);
}

bool Idle(const RateCounter& counter, UnixMillis now) { return now >= counter.idle_from(); }

// Makes room for one bucket more: of all neighbours those two become one that are smallest
// together. Happens only where a larger max than before came into force.
void MergeSmallest(std::vector<RateCounter::Bucket>& buckets) {
  size_t best = 0;
  for (size_t i = 1; i + 1 < buckets.size(); ++i) {
    if (buckets[i].count + buckets[i + 1].count < buckets[best].count + buckets[best + 1].count) {
      best = i;
    }
  }
  buckets[best + 1].count += buckets[best].count;
  buckets.erase(buckets.begin() + static_cast<ptrdiff_t>(best));
}

// Whether `counter` is one that Charge could have made.
bool MakesSense(const RateCounter& counter) {
  UnixMillis last;
  for (const RateCounter::Bucket& bucket : counter.buckets) {
    if (bucket.count == 0 || bucket.last < last) return false;
    last = bucket.last;
  }
  return counter.per >= absl::Milliseconds(1) && !counter.buckets.empty() &&
         counter.buckets.size() <= RateWindows::kBucketsMax;
}

}  // namespace

UnixMillis RateCounter::idle_from() const { return Gone(buckets.back().last, per); }

UnixMillis RateWindows::FreeAt(const RateKey& key, absl::Duration per, uint64_t max,
                               UnixMillis now) const {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) {
    return by_key_.size() < counters_max_ ? now : std::max(now, first_idle_);
  }
  const std::vector<RateCounter::Bucket>& buckets = found->second->buckets;
  // From the newest back, to the bucket that must have gone so that one use more fits.
  uint64_t counted = 0;
  for (auto bucket = buckets.rbegin(); bucket != buckets.rend(); ++bucket) {
    counted += bucket->count;
    if (counted >= max) return std::max(now, Gone(bucket->last, per));
  }
  return now;
}

void RateWindows::Charge(const RateKey& key, absl::Duration per, uint64_t max, UnixMillis now) {
  if (now >= first_idle_) ForgetIdle(now);
  const auto [found, added] = by_key_.try_emplace(key);
  Counters& lane = lanes_[added ? per : found->second->per];
  if (added) {
    lane.push_back({.key = key, .per = per, .buckets = {}});
    found->second = std::prev(lane.end());
  } else {
    lane.splice(lane.end(), lane, found->second);
  }
  std::vector<RateCounter::Bucket>& buckets = found->second->buckets;
  const auto gone = std::find_if(buckets.begin(), buckets.end(),
                                 [&](const auto& bucket) { return now < Gone(bucket.last, per); });
  buckets.erase(buckets.begin(), gone);
  if (buckets.empty() || buckets.back().count >= max / kGrains + 1) {
    if (buckets.size() == kBucketsMax) MergeSmallest(buckets);
    buckets.push_back({.last = now, .count = 1});
  } else {
    buckets.back().last = now;
    ++buckets.back().count;
  }
  first_idle_ = std::min(first_idle_, lane.front().idle_from());
}

void RateWindows::ForgetIdle(UnixMillis now) {
  first_idle_ = UnixMillis(std::numeric_limits<int64_t>::max());
  for (auto lane = lanes_.begin(); lane != lanes_.end();) {
    Counters& counters = lane->second;
    while (!counters.empty() && Idle(counters.front(), now)) {
      by_key_.erase(counters.front().key);
      counters.pop_front();
    }
    if (counters.empty()) {
      lane = lanes_.erase(lane);
      continue;
    }
    first_idle_ = std::min(first_idle_, counters.front().idle_from());
    ++lane;
  }
}

std::vector<RateCounter> RateWindows::LiveAt(UnixMillis now) const {
  std::vector<RateCounter> live;
  live.reserve(by_key_.size());
  for (const auto& [per, counters] : lanes_) {
    std::copy_if(counters.begin(), counters.end(), std::back_inserter(live),
                 [&](const RateCounter& counter) { return !Idle(counter, now); });
  }
  std::sort(live.begin(), live.end(),
            [](const RateCounter& a, const RateCounter& b) { return a.key < b.key; });
  return live;
}

bool RateWindows::Restore(std::vector<RateCounter> counters) {
  LEASEHOLD_CHECK(by_key_.empty());
  if (!std::all_of(counters.begin(), counters.end(), MakesSense)) return false;
  // Lanes are in the order of the last use.
  std::sort(counters.begin(), counters.end(), [](const RateCounter& a, const RateCounter& b) {
    return a.buckets.back().last < b.buckets.back().last;
  });
  for (RateCounter& counter : counters) {
    Counters& lane = lanes_[counter.per];
    lane.push_back(std::move(counter));
    if (!by_key_.try_emplace(lane.back().key, std::prev(lane.end())).second) return false;
    first_idle_ = std::min(first_idle_, lane.front().idle_from());
  }
  return true;
}

}  // namespace leasehold
