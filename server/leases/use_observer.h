#ifndef LEASEHOLD_SERVER_LEASES_USE_OBSERVER_H_
#define LEASEHOLD_SERVER_LEASES_USE_OBSERVER_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/leases/point_of_use.h"

namespace leasehold {

// Is told about decisions, for metrics. Called on the Committer's thread or the caller's; must not
// block.
class UseObserver {
 public:
  virtual ~UseObserver() = default;
  // A use was decided, or could not be; `took` from its arrival until its entry was durable.
  virtual void UseDecided(Adapter adapter, const absl::StatusOr<UseReply>& reply,
                          absl::Duration took) = 0;
  // An open stream was cut so long after its lease had ended.
  virtual void StreamCut(absl::Duration after) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_USE_OBSERVER_H_
