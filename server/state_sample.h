#ifndef LEASEHOLD_SERVER_STATE_SAMPLE_H_
#define LEASEHOLD_SERVER_STATE_SAMPLE_H_

#include "server/leases/committer/committer.h"
#include "server/metrics/sampled_metrics.h"

namespace leasehold {

// What the published state says, for a scrape. Does not wait for the disk. Safe from any thread.
StateSample SampleState(Committer& committer);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_STATE_SAMPLE_H_
