#ifndef LEASEHOLD_SERVER_LEASES_REFUSAL_LIMITER_H_
#define LEASEHOLD_SERVER_LEASES_REFUSAL_LIMITER_H_

#include <cstdint>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/reason.h"

namespace leasehold {

// What was refused; the numbers of the ledger's RefusalKind.
enum class RefusalKind : uint8_t { kUse = 1, kAcquire = 2, kRenew = 3, kReveal = 4 };

// Refusals with the same key are alike. Of acquisitions that end as kNotFoundOrForbidden secret and
// workflow are empty here: one who guesses names would make a new key with each guess. The ten that
// are entries name them all the same (RecordRefusal).
struct RefusalKey {
  RefusalKind kind = RefusalKind::kUse;
  Reason reason = Reason::kNone;
  EntityUid agent;
  EntityUid secret;  // empty where there is none of that name
  TextId workflow;   // empty where no text has that name yet
  EntityUid target;
  TextId policy;
  TextId rule;

  bool operator==(const RefusalKey&) const = default;
  template <typename H>
  friend H AbslHashValue(H h, const RefusalKey& k) {
    return H::combine(std::move(h), k.kind, k.reason, k.agent, k.secret, k.workflow, k.target,
                      k.policy, k.rule);
  }
};

struct RefusalSummary {
  RefusalKey key;
  LeaseNumber lease;  // empty where they were of several, or of none
  uint64_t count = 0;
  UnixMillis first;
  UnixMillis last;
};

// Keeps refusals from filling the disk: of those that are alike the first ten of a minute are
// entries, the rest are counted and become one entry when the minute is over. Committer's thread
// only.
class RefusalLimiter {
 public:
  static constexpr uint64_t kEntriesPerWindow = 10;
  static constexpr absl::Duration kWindow = absl::Minutes(1);
  // Bounds memory and the burst of summaries at a minute's end. Beyond it refusals are told apart
  // by agent, kind and reason alone.
  static constexpr size_t kKeysMax = 10'000;

  // True where the refusal is to be an entry of its own; else it is counted.
  bool Admit(const RefusalKey& key, LeaseNumber lease, UnixMillis now);

  // What was counted in minutes that are over at `now`.
  std::vector<RefusalSummary> TakeDue(UnixMillis now);
  // Everything that was counted, for a server that stops.
  std::vector<RefusalSummary> TakeAll();

 private:
  struct Window {
    UnixMillis start;
    uint64_t entries = 0;
    RefusalSummary counted;
  };
  absl::flat_hash_map<RefusalKey, Window> windows_;
  UnixMillis next_due_;  // empty where no window is open
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_REFUSAL_LIMITER_H_
