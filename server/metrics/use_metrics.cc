#include "server/metrics/use_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <utility>

#include "server/base/check.h"

namespace leasehold {
namespace {

constexpr std::array kDecisionNames = {"allowed", "denied", "undecided"};

}  // namespace

UseMetrics::UseMetrics(std::string adapter, prometheus::Family<prometheus::Counter>& uses,
                       HistogramHandle seconds)
    : adapter_(std::move(adapter)), uses_(uses), seconds_(seconds) {
  // The rate of a series that appears with its first event misses that event.
  SeriesOf(Decision::kAllowed, Reason::kNone, true);
}

void UseMetrics::Decided(const Use& use) {
  SeriesOf(use.decision, use.reason, use.enforced).Increment();
  seconds_.Observe(use.took);
}

prometheus::Counter& UseMetrics::SeriesOf(Decision decision, Reason reason, bool enforced) {
  const auto number = static_cast<size_t>(reason);
  LEASEHOLD_CHECK(number < kReasonsMax, "more reasons than the table of uses has room for");
  const size_t index =
      (static_cast<size_t>(decision) * 2 + (enforced ? 1 : 0)) * kReasonsMax + number;
  prometheus::Counter* counter = series_[index].load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Two threads may come here at once: Add() gives both the same counter.
    counter = &uses_.Add({{"adapter", adapter_},
                          {"decision", kDecisionNames[static_cast<size_t>(decision)]},
                          {"reason", std::string(ReasonName(reason))},
                          {"enforced", enforced ? "true" : "false"}});
    series_[index].store(counter, std::memory_order_release);
  }
  return *counter;
}

}  // namespace leasehold
