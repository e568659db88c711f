#ifndef LEASEHOLD_SERVER_LEASES_ACTIVE_LEASES_H_
#define LEASEHOLD_SERVER_LEASES_ACTIVE_LEASES_H_

#include <algorithm>
#include <cstdint>

#include "server/base/millis.h"
#include "server/leases/published_state.h"

namespace leasehold {

// Counts leases for which `counts(state, lease)` is true, up to `through`. Looks at all of them, in
// pieces, so that the Committer waits for one piece at most; what changes meanwhile counts or not.
template <typename Counts>
uint64_t CountLeases(const PublishedState& published, LeaseNumber through, Counts&& counts) {
  // About 0.1 ms.
  constexpr uint64_t kPiece = 10'000;
  uint64_t total = 0;
  uint64_t next = 1;
  while (next <= through.value()) {
    published.Read([&](const PublishedState::View& view) {
      uint64_t end = std::min(next + kPiece, through.value() + 1);
      for (; next < end; ++next) {
        total += counts(view.state, *view.state.leases().Find(LeaseNumber(next))) ? 1 : 0;
      }
    });
  }
  return total;
}

// The newest lease there is.
inline LeaseNumber NewestLease(const PublishedState& published) {
  return published.Read(
      [](const PublishedState::View& view) { return LeaseNumber(view.state.leases().count()); });
}

// How many leases are usable at `now`.
inline uint64_t CountActiveLeases(const PublishedState& published, UnixMillis now) {
  return CountLeases(
      published, NewestLease(published),
      [now](const State& state, const Lease& lease) { return state.CheckLease(lease, now).ok(); });
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_ACTIVE_LEASES_H_
