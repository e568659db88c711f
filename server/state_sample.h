#ifndef LEASEHOLD_SERVER_STATE_SAMPLE_H_
#define LEASEHOLD_SERVER_STATE_SAMPLE_H_

#include <cstdint>

#include "server/leases/committer/committer.h"
#include "server/metrics/metrics.h"
#include "server/metrics/sampled_metrics.h"
#include "server/net/tls/tls_watcher.h"
#include "server/vault/sealable_vault.h"

namespace leasehold {

// What the published state says, for a scrape. Does not wait for the disk. Used by one thread, the
// scraping one; the arguments outlive it.
class StateSampler {
 public:
  // `tls` may be null.
  StateSampler(Committer& committer, const SealableVault& vault, LeaseMetrics* leases,
               const TlsWatcher* tls)
      : committer_(committer), vault_(vault), leases_(leases), tls_(tls) {}

  StateSample Sample();

 private:
  // Leases by what became of them.
  struct Ends {
    uint64_t active = 0;
    uint64_t released = 0;
    uint64_t revoked = 0;
    uint64_t expired = 0;
  };
  Ends CountEnds(UnixMillis now) const;

  Committer& committer_;
  const SealableVault& vault_;
  LeaseMetrics* const leases_;
  const TlsWatcher* const tls_;
  // What the counters show already. Nothing happens when a lease expires, so its end is noticed
  // when somebody looks.
  Ends shown_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_STATE_SAMPLE_H_
