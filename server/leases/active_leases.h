#ifndef LEASEHOLD_SERVER_LEASES_ACTIVE_LEASES_H_
#define LEASEHOLD_SERVER_LEASES_ACTIVE_LEASES_H_

#include <algorithm>
#include <cstdint>

#include "server/base/millis.h"
#include "server/leases/published_state.h"

namespace leasehold {

// How many leases are usable at `now`. Looks at all of them, in pieces, so that the Committer waits
// for one piece at most; what changes meanwhile counts or not.
inline uint64_t CountActiveLeases(const PublishedState& published, UnixMillis now) {
  // About 0.1 ms.
  constexpr uint64_t kPiece = 10'000;
  uint64_t active = 0;
  uint64_t next = 1;
  bool more = true;
  while (more) {
    more = published.Read([&](const PublishedState::View& view) {
      uint64_t end = std::min(next + kPiece, view.state.leases().count() + 1);
      for (; next < end; ++next) {
        const Lease& lease = *view.state.leases().Find(LeaseNumber(next));
        active += view.state.CheckLease(lease, now).ok() ? 1 : 0;
      }
      return next <= view.state.leases().count();
    });
  }
  return active;
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_ACTIVE_LEASES_H_
