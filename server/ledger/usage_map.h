#ifndef LEASEHOLD_SERVER_LEDGER_USAGE_MAP_H_
#define LEASEHOLD_SERVER_LEDGER_USAGE_MAP_H_

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/base/reason.h"

namespace leasehold {

// Where a use went.
class UsageDestination {
 public:
  // The numbers are stored.
  enum class Kind : uint8_t {
    kAny = 0,         // in rows that are not split by destination
    kTarget = 1,      // a declared system
    kText = 2,        // another destination that has a text id
    kReveal = 3,      // to the agent itself
    kAcquire = 4,     // nowhere: a lease was asked for and refused
    kUndeclared = 5,  // a destination that has neither
  };

  constexpr UsageDestination() = default;
  // The ids are not empty.
  static constexpr UsageDestination Target(EntityUid uid) { return {Kind::kTarget, uid.value()}; }
  static constexpr UsageDestination Named(TextId text) { return {Kind::kText, text.value()}; }
  static constexpr UsageDestination Reveal() { return {Kind::kReveal, 0}; }
  static constexpr UsageDestination Acquire() { return {Kind::kAcquire, 0}; }
  static constexpr UsageDestination Undeclared() { return {Kind::kUndeclared, 0}; }

  constexpr Kind kind() const { return kind_; }
  // Empty for other kinds.
  constexpr EntityUid target() const { return EntityUid(kind_ == Kind::kTarget ? id_ : 0); }
  constexpr TextId text() const { return TextId(kind_ == Kind::kText ? id_ : 0); }
  // The number behind either, 0 for the other kinds.
  constexpr uint64_t id() const { return id_; }

  constexpr auto operator<=>(const UsageDestination&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const UsageDestination& destination) {
    return H::combine(std::move(h), destination.kind_, destination.id_);
  }

 private:
  constexpr UsageDestination(Kind kind, uint64_t id) : kind_(kind), id_(id) {}

  Kind kind_ = Kind::kAny;
  uint64_t id_ = 0;
};

// Which agent used which secret for which work, and where.
struct UsageKey {
  EntityUid agent;
  EntityUid secret;
  TextId workflow;
  UsageDestination destination;
  // Who took the lease that the agent's was delegated from, at the top of the chain; empty where
  // the agent took it itself. Goes with the agent wherever lines are split by agent.
  EntityUid delegator{};
  auto operator<=>(const UsageKey&) const = default;

  template <typename H>
  friend H AbslHashValue(H h, const UsageKey& key) {
    return H::combine(std::move(h), key.agent, key.secret, key.workflow, key.destination,
                      key.delegator);
  }
};

// One entry's contribution: a use, or refusals that were summarised.
struct UsageEvent {
  LogIndex index;
  absl::Time first;  // whole milliseconds, from 1970 on, like `last`; the same for one use
  absl::Time last;
  Reason denied = Reason::kNone;  // kNone: it was allowed
  bool write = false;             // counts where it was allowed
  uint64_t count = 1;
  bool not_enforced = false;  // counts where it was denied: it happened all the same
};

struct UsageCounters {
  absl::Time first;
  absl::Time last;
  uint64_t allowed = 0;
  uint64_t denied = 0;
  uint64_t writes = 0;  // of the allowed ones
  LogIndex last_index;  // of the last entry that counts here
  Reason last_denied_reason = Reason::kNone;
  LogIndex last_denied_index;  // means nothing while denied is 0
  uint64_t not_enforced = 0;   // of the denied ones
  bool operator==(const UsageCounters&) const = default;
};

// A line of the answer. What the answer is not split by is empty in the key.
struct UsageLine {
  UsageKey key;
  UsageCounters counters;
  bool operator==(const UsageLine&) const = default;
};

// Conditions on keys; all that are set must hold.
struct UsageFilter {
  EntityUid agent;
  EntityUid secret;
  TextId workflow;
  std::optional<UsageDestination> destination;
};

// What lines are split by.
struct UsageGroupBy {
  bool agent = true;
  bool secret = true;
  bool workflow = true;
  bool destination = true;
};

// Adds lines up by what an answer is split by. One thread at a time.
class UsageGroups {
 public:
  explicit UsageGroups(const UsageGroupBy& group_by) : group_by_(group_by) {}

  void Add(const UsageLine& line);
  // The latest use first; among equals the larger index, then the smaller key.
  std::vector<UsageLine> Lines() const;

 private:
  const UsageGroupBy group_by_;
  absl::flat_hash_map<UsageKey, UsageCounters> groups_;
};

// The answer to "which agent used which credential where", kept up to date entry by entry, so that
// asking never reads the ledger. A fold over the log: the same entries in the same order give the
// same map. Stored in the snapshot in 64 buckets, of which only those that changed are written.
//
// Belongs to one thread at a time; who shares it brings the lock. Recording looks up one key and
// allocates only for a new one; a query looks at every key. Where others wait for the lock, a query
// copies the lines of one bucket at a time (CopyLines) and adds them up without it (UsageGroups).
class UsageMap {
 public:
  static constexpr uint32_t kBuckets = 64;
  // Keys cost about 150 bytes of memory. Agents choose the names of workflows (within a pattern of
  // the policy), so without a limit one of them could fill the memory. From here on workflows that
  // are new for an agent, secret and destination are counted together, with the empty workflow.
  static constexpr size_t kKeysMax = 1'000'000;

  explicit UsageMap(size_t keys_max = kKeysMax) : keys_max_(keys_max) {}

  // Entries come in the order of their indexes.
  void Record(const UsageKey& key, const UsageEvent& event);

  // Adds the lines of one bucket that pass `filter` to `lines`, in no order.
  void CopyLines(uint32_t bucket, const UsageFilter& filter, std::vector<UsageLine>* lines) const;
  // All buckets, grouped.
  std::vector<UsageLine> Query(const UsageFilter& filter, const UsageGroupBy& group_by) const;

  size_t size() const { return size_; }

  // Numbers and contents of the buckets that were recorded to since the last call. Equal contents
  // give equal bytes; the form is described in usage_bucket_codec.cc.
  std::vector<std::pair<uint32_t, std::string>> TakeDirtyBuckets();
  // Replaces a bucket by what TakeDirtyBuckets gave; it is not dirty then. kStoreDamaged, and
  // nothing changed, for other bytes.
  absl::Status LoadBucket(uint32_t number, std::string_view bytes);

 private:
  using Bucket = absl::flat_hash_map<UsageKey, UsageCounters>;

  std::array<Bucket, kBuckets> buckets_;
  uint64_t dirty_ = 0;  // bit n: bucket n
  size_t size_ = 0;
  size_t keys_max_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_USAGE_MAP_H_
