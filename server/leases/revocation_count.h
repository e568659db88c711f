#ifndef LEASEHOLD_SERVER_LEASES_REVOCATION_COUNT_H_
#define LEASEHOLD_SERVER_LEASES_REVOCATION_COUNT_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/leases/published_state.h"
#include "storage/rows.h"

namespace leasehold {

// What a revocation came to.
struct RevocationCount {
  // Leases that were active and that it ended.
  uint64_t ended = 0;
  // Of all leases that it covers, the index of the last allowed use; 0 = none.
  LogIndex last_allowed_use;
  // Versions whose values were given out under a lease that it covers, whenever that lease ended,
  // and that can still be used: they want rotation. Ascending.
  std::vector<VersionKey> revealed;
};

// So many versions are told at most; who has more to rotate begins with these.
inline constexpr size_t kRevealedVersionsMax = 1000;

// Looks at all leases, those delegated from covered ones included, in pieces, so that the Committer
// waits for one piece at most. A lease that cannot be used is neither renewed nor released, so what
// is known of it now held at that moment too.
RevocationCount CountRevocation(const PublishedState& published, const Revocation& revocation,
                                UnixMillis now);

// The same for one that is not written: the leases that are active at `now` and would end.
RevocationCount CountDryRun(const PublishedState& published, const Revocation& revocation,
                            UnixMillis now);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_REVOCATION_COUNT_H_
