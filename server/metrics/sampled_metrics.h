#ifndef LEASEHOLD_SERVER_METRICS_SAMPLED_METRICS_H_
#define LEASEHOLD_SERVER_METRICS_SAMPLED_METRICS_H_

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace prometheus {
struct MetricFamily;
}  // namespace prometheus

namespace leasehold {

// What the server's published state says at the moment of a scrape. A field without a value is not
// shown: nothing (no backup yet) is not zero.
struct StateSample {
  std::optional<bool> ready;
  std::optional<uint64_t> leases_active;
  std::optional<uint64_t> commit_queue_length;
  // Of the whole ledger, not since this start.
  std::optional<uint64_t> ledger_entries;
  std::optional<uint64_t> ledger_bytes;
  std::optional<uint64_t> storage_free_bytes;
  std::optional<absl::Time> last_backup;
  std::optional<uint64_t> policy_revision;
  std::optional<uint64_t> approvals_pending;
  std::optional<uint64_t> policies_observed;
  // Since this start: forward, by more than a clock that is kept in step moves.
  std::optional<uint64_t> clock_adjustments;
  // By use ("server", "client_ca", "crl"): when the first certificate or list is over. Those that
  // never are (InfiniteFuture) are not shown.
  std::vector<std::pair<std::string_view, absl::Time>> certificate_ends;
};

// The families of the fields that have a value.
std::vector<prometheus::MetricFamily> FamiliesOf(const StateSample& sample);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_METRICS_SAMPLED_METRICS_H_
