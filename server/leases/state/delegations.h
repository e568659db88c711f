#ifndef LEASEHOLD_SERVER_LEASES_STATE_DELEGATIONS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_DELEGATIONS_H_

#include <utility>

#include "absl/container/flat_hash_set.h"
#include "server/base/ids.h"

namespace leasehold {

// Which agents have worked for which: every pair of agents that were above and below each other in
// a delegation, ever. Follows from the lease table and is made anew from it.
class Delegations {
 public:
  void Add(EntityUid above, EntityUid below) { pairs_.insert({above, below}); }
  // Whether one has worked for the other.
  bool Relate(EntityUid a, EntityUid b) const {
    return pairs_.contains({a, b}) || pairs_.contains({b, a});
  }

 private:
  absl::flat_hash_set<std::pair<EntityUid, EntityUid>> pairs_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_DELEGATIONS_H_
