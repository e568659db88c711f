#include "server/metrics/handles.h"

#include <prometheus/counter.h>
#include <prometheus/histogram.h>

namespace leasehold {

void CounterHandle::Increment(double by) const { counter_->Increment(by); }

void HistogramHandle::Observe(double value) const { histogram_->Observe(value); }

}  // namespace leasehold
