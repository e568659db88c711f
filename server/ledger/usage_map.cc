#include "server/ledger/usage_map.h"

#include <algorithm>
#include <tuple>

#include "absl/status/statusor.h"
#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/stable_hash.h"
#include "server/ledger/usage_bucket_codec.h"

namespace leasehold {
namespace {

static_assert(UsageMap::kBuckets == 64, "one bit of dirty_ for each bucket");

uint32_t BucketOf(const UsageKey& key) {
  uint64_t hash = StableHash(key.agent.value());
  hash = StableHash(hash ^ key.secret.value());
  hash = StableHash(hash ^ key.workflow.value());
  hash = StableHash(hash ^ static_cast<uint64_t>(key.destination.kind()));
  hash = StableHash(hash ^ key.destination.id());
  if (!key.delegator.empty()) hash = StableHash(hash ^ key.delegator.value());
  return static_cast<uint32_t>(hash % UsageMap::kBuckets);
}

UsageCounters CountersOf(const UsageEvent& event) {
  LEASEHOLD_CHECK(event.count > 0 && event.first <= event.last);
  LEASEHOLD_CHECK(event.first >= absl::UnixEpoch());
  UsageCounters counters;
  counters.first = event.first;
  counters.last = event.last;
  counters.last_index = event.index;
  if (event.denied == Reason::kNone) {
    counters.allowed = event.count;
    counters.writes = event.write ? event.count : 0;
  } else {
    counters.denied = event.count;
    counters.last_denied_reason = event.denied;
    counters.last_denied_index = event.index;
    counters.not_enforced = event.not_enforced ? event.count : 0;
  }
  return counters;
}

// Adds `other` to `counters`, which counts something already.
void Merge(const UsageCounters& other, UsageCounters* counters) {
  counters->first = std::min(counters->first, other.first);
  counters->last = std::max(counters->last, other.last);
  counters->last_index = std::max(counters->last_index, other.last_index);
  if (other.denied > 0 &&
      (counters->denied == 0 || other.last_denied_index >= counters->last_denied_index)) {
    counters->last_denied_reason = other.last_denied_reason;
    counters->last_denied_index = other.last_denied_index;
  }
  counters->allowed += other.allowed;
  counters->denied += other.denied;
  counters->writes += other.writes;
  counters->not_enforced += other.not_enforced;
}

// Whether something can go there: not "any", and with an id where the kind has one.
bool IsPlace(const UsageDestination& destination) {
  using Kind = UsageDestination::Kind;
  const Kind kind = destination.kind();
  const bool has_id = kind == Kind::kTarget || kind == Kind::kText;
  return kind != Kind::kAny && has_id == (destination.id() != 0);
}

bool Passes(const UsageKey& key, const UsageFilter& filter) {
  return (filter.agent.empty() || key.agent == filter.agent) &&
         (filter.secret.empty() || key.secret == filter.secret) &&
         (filter.workflow.empty() || key.workflow == filter.workflow) &&
         (!filter.destination.has_value() || key.destination == *filter.destination);
}

UsageKey Reduce(const UsageKey& key, const UsageGroupBy& group_by) {
  UsageKey reduced;
  if (group_by.agent) {
    reduced.agent = key.agent;
    reduced.delegator = key.delegator;
  }
  if (group_by.secret) reduced.secret = key.secret;
  if (group_by.workflow) reduced.workflow = key.workflow;
  if (group_by.destination) reduced.destination = key.destination;
  return reduced;
}

bool LaterFirst(const UsageLine& a, const UsageLine& b) {
  return std::tie(b.counters.last, b.counters.last_index, a.key) <
         std::tie(a.counters.last, a.counters.last_index, b.key);
}

}  // namespace

void UsageGroups::Add(const UsageLine& line) {
  const auto [found, added] = groups_.try_emplace(Reduce(line.key, group_by_), line.counters);
  if (!added) Merge(line.counters, &found->second);
}

std::vector<UsageLine> UsageGroups::Lines() const {
  std::vector<UsageLine> lines;
  lines.reserve(groups_.size());
  for (const auto& [key, counters] : groups_) lines.push_back({key, counters});
  std::sort(lines.begin(), lines.end(), LaterFirst);
  return lines;
}

void UsageMap::Record(const UsageKey& key, const UsageEvent& event) {
  LEASEHOLD_CHECK(IsPlace(key.destination));
  const UsageCounters counters = CountersOf(event);
  UsageKey place = key;
  uint32_t number = BucketOf(place);
  if (size_ >= keys_max_ && !buckets_[number].contains(place)) {
    place.workflow = TextId();
    number = BucketOf(place);
  }
  const auto [found, added] = buckets_[number].try_emplace(place, counters);
  if (added) {
    ++size_;
  } else {
    Merge(counters, &found->second);
  }
  dirty_ |= uint64_t{1} << number;
}

void UsageMap::CopyLines(uint32_t bucket, const UsageFilter& filter,
                         std::vector<UsageLine>* lines) const {
  LEASEHOLD_CHECK(bucket < kBuckets);
  for (const auto& [key, counters] : buckets_[bucket]) {
    if (Passes(key, filter)) lines->push_back({key, counters});
  }
}

std::vector<UsageLine> UsageMap::Query(const UsageFilter& filter,
                                       const UsageGroupBy& group_by) const {
  UsageGroups groups(group_by);
  std::vector<UsageLine> lines;
  for (uint32_t bucket = 0; bucket < kBuckets; ++bucket) {
    lines.clear();
    CopyLines(bucket, filter, &lines);
    for (const UsageLine& line : lines) groups.Add(line);
  }
  return groups.Lines();
}

std::vector<std::pair<uint32_t, std::string>> UsageMap::TakeDirtyBuckets() {
  std::vector<std::pair<uint32_t, std::string>> buckets;
  for (uint32_t number = 0; number < kBuckets; ++number) {
    if ((dirty_ >> number & 1) == 0) continue;
    std::vector<UsageLine> lines;
    lines.reserve(buckets_[number].size());
    for (const auto& [key, counters] : buckets_[number]) lines.push_back({key, counters});
    std::sort(lines.begin(), lines.end(),
              [](const UsageLine& a, const UsageLine& b) { return a.key < b.key; });
    buckets.emplace_back(number, EncodeUsageBucket(lines));
  }
  dirty_ = 0;
  return buckets;
}

absl::Status UsageMap::LoadBucket(uint32_t number, std::string_view bytes) {
  if (number >= kBuckets) {
    return Error(Reason::kStoreDamaged,
                 StrCat("the usage map has no part ", number, "; restore a backup"));
  }
  ASSIGN_OR_RETURN(const std::vector<UsageLine> lines, DecodeUsageBucket(bytes));
  Bucket bucket;
  bucket.reserve(lines.size());
  for (const UsageLine& line : lines) {
    if (BucketOf(line.key) != number) {
      return Error(Reason::kStoreDamaged,
                   StrCat("part ", number, " of the usage map holds what belongs to part ",
                          BucketOf(line.key), "; restore a backup"));
    }
    bucket.emplace(line.key, line.counters);
  }
  size_ = size_ - buckets_[number].size() + bucket.size();
  buckets_[number] = std::move(bucket);
  dirty_ &= ~(uint64_t{1} << number);
  return absl::OkStatus();
}

}  // namespace leasehold
