#ifndef LEASEHOLD_SERVER_LEASES_STATE_RATE_WINDOWS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_RATE_WINDOWS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <list>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "server/base/crypto_bytes.h"
#include "server/base/millis.h"

namespace leasehold {

// Which counter: a limit of a policy, and the agent, secret, ... that it counts apart. The rule is
// a hash of what the limit is without its `max`, so that a counter outlives an edit of it. It holds
// the window's length.
struct RateKey {
  Hash rule{};
  uint64_t scope = 0;  // an id of the kind that the rule counts by; 0 = all together, or nobody

  auto operator<=>(const RateKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const RateKey& key) {
    return H::combine(std::move(h), key.rule, key.scope);
  }
};

// What one window remembers.
struct RateCounter {
  // Uses that lie together, as if all had been at the time of the last.
  struct Bucket {
    UnixMillis last;
    uint64_t count = 0;
    bool operator==(const Bucket&) const = default;
  };
  RateKey key;
  absl::Duration per;
  std::vector<Bucket> buckets;  // the oldest first, at most RateWindows::kBucketsMax
  bool operator==(const RateCounter&) const = default;

  // From this moment on nothing of it counts any more.
  UnixMillis idle_from() const;
};

// How often something was used lately: sliding windows in bounded memory. A fold over the ledger's
// uses, so restarts and verification come to the same; counted in the ledger's time, which never
// runs back.
//
// A counter keeps a list of buckets. A use goes into the newest until it holds max/32 + 1; a bucket
// counts in full until its last use has left the window. So no window, closed at both ends, ever
// has more than max uses, and only the oldest bucket can count uses that have left: at most max/32.
// While a smaller max than before is new, that grain is still the old one's, for one window.
//
// Not synchronised; belongs to a State.
class RateWindows {
 public:
  static constexpr uint64_t kGrains = 32;
  // 32 full ones and what an edit of max leaves over.
  static constexpr size_t kBucketsMax = 33;
  // About 200 bytes each, 700 with all buckets. Agents make counters by taking leases and naming
  // workflows, so without a limit one of them could fill the memory. Where there is no room, a use
  // that needs a new counter is refused.
  static constexpr size_t kCountersMax = 1'000'000;

  explicit RateWindows(size_t counters_max = kCountersMax) : counters_max_(counters_max) {}

  // When a use may be charged without passing `max`: `now` where it may at once. Waiting until then
  // suffices, unless others are charged meanwhile. `per` is positive, `max` too. Does not allocate.
  UnixMillis FreeAt(const RateKey& key, absl::Duration per, uint64_t max, UnixMillis now) const;

  // One use, at `now`, which never decreases. Charges also what FreeAt would not allow.
  void Charge(const RateKey& key, absl::Duration per, uint64_t max, UnixMillis now);

  // Counters of which something still counts at `now`, ordered by key: what a snapshot keeps.
  std::vector<RateCounter> LiveAt(UnixMillis now) const;
  // Puts back what LiveAt gave, into an empty object. False where it makes no sense.
  bool Restore(std::vector<RateCounter> counters);

  // How many counters there are, some of which may be idle.
  size_t size() const { return by_key_.size(); }

 private:
  using Counters = std::list<RateCounter>;

  void ForgetIdle(UnixMillis now);

  size_t counters_max_;
  // By the window's length: counters in the order of their last use, which is that of their end.
  absl::btree_map<absl::Duration, Counters> lanes_;
  absl::flat_hash_map<RateKey, Counters::iterator> by_key_;
  // No counter is idle before.
  UnixMillis first_idle_ = UnixMillis(std::numeric_limits<int64_t>::max());
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_RATE_WINDOWS_H_
