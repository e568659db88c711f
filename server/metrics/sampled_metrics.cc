#include "server/metrics/sampled_metrics.h"

#include <prometheus/metric_family.h>

#include <utility>

namespace leasehold {
namespace {

using prometheus::MetricFamily;
using prometheus::MetricType;

// What is not there yet; double holds integers up to 2^53 exactly, beyond all of these.
std::optional<double> Number(const std::optional<uint64_t>& value) {
  if (!value.has_value()) return std::nullopt;
  return static_cast<double>(*value);
}

std::optional<double> Seconds(const std::optional<absl::Time>& time) {
  if (!time.has_value()) return std::nullopt;
  return absl::ToDoubleSeconds(*time - absl::UnixEpoch());
}

struct Row {
  const char* name;
  const char* help;
  MetricType type;
  std::optional<double> value;
};

}  // namespace

std::vector<MetricFamily> FamiliesOf(const StateSample& sample) {
  std::optional<double> ready;
  if (sample.ready.has_value()) ready = *sample.ready ? 1 : 0;
  const Row rows[] = {
      {"leasehold_ready", "1 where the server serves leases and uses, as /readyz says.",
       MetricType::Gauge, ready},
      {"leasehold_leases_active", "Leases that could be used now.", MetricType::Gauge,
       Number(sample.leases_active)},
      {"leasehold_commit_queue_length", "Operations that wait for their batch.", MetricType::Gauge,
       Number(sample.commit_queue_length)},
      {"leasehold_ledger_entries_total", "Entries in the ledger.", MetricType::Counter,
       Number(sample.ledger_entries)},
      {"leasehold_ledger_bytes", "Size of the database file.", MetricType::Gauge,
       Number(sample.ledger_bytes)},
      {"leasehold_storage_free_bytes", "Room on the file system of the data folder.",
       MetricType::Gauge, Number(sample.storage_free_bytes)},
      {"leasehold_last_backup_timestamp_seconds", "When the last backup was taken.",
       MetricType::Gauge, Seconds(sample.last_backup)},
      {"leasehold_policy_revision", "The policy revision in force.", MetricType::Gauge,
       Number(sample.policy_revision)},
      {"leasehold_approvals_pending", "Requests for approval that wait for approvers.",
       MetricType::Gauge, Number(sample.approvals_pending)},
      {"leasehold_policies_observed", "Policies whose word is only recorded.", MetricType::Gauge,
       Number(sample.policies_observed)},
      {"leasehold_clock_adjustments_total",
       "Times that the wall clock was found to have been set forward while the server ran.",
       MetricType::Counter, Number(sample.clock_adjustments)},
  };
  std::vector<MetricFamily> families;
  for (const Row& row : rows) {
    if (!row.value.has_value()) continue;
    prometheus::ClientMetric metric;
    (row.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = *row.value;
    families.push_back({row.name, row.help, row.type, {std::move(metric)}});
  }
  MetricFamily ends = {"leasehold_certificate_expiry_timestamp_seconds",
                       "When the first certificate or revocation list of this use is over.",
                       MetricType::Gauge,
                       {}};
  for (const auto& [use, end] : sample.certificate_ends) {
    if (end == absl::InfiniteFuture()) continue;
    prometheus::ClientMetric metric;
    metric.label = {{"use", std::string(use)}};
    metric.gauge.value = absl::ToDoubleSeconds(end - absl::UnixEpoch());
    ends.metric.push_back(std::move(metric));
  }
  if (!ends.metric.empty()) families.push_back(std::move(ends));
  return families;
}

}  // namespace leasehold
