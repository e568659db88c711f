#include "server/metrics/method_metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>

#include <utility>

namespace leasehold {
namespace {

// The spelling of gRPC's Go library, which dashboards and alerts have taken over.
constexpr std::array kCodeNames = {
    "OK",       "Canceled",       "Unknown",          "InvalidArgument",   "DeadlineExceeded",
    "NotFound", "AlreadyExists",  "PermissionDenied", "ResourceExhausted", "FailedPrecondition",
    "Aborted",  "OutOfRange",     "Unimplemented",    "Internal",          "Unavailable",
    "DataLoss", "Unauthenticated"};

}  // namespace

MethodMetrics::MethodMetrics(std::string service, std::string method,
                             prometheus::Family<prometheus::Counter>& handled,
                             HistogramHandle seconds)
    : service_(std::move(service)),
      method_(std::move(method)),
      handled_(handled),
      seconds_(seconds) {
  static_assert(kCodeNames.size() == kCodes);
}

void MethodMetrics::Handled(absl::StatusCode code, absl::Duration took) {
  auto index = static_cast<size_t>(code);
  if (index >= kCodes) index = static_cast<size_t>(absl::StatusCode::kUnknown);
  prometheus::Counter* counter = by_code_[index].load(std::memory_order_acquire);
  if (counter == nullptr) {
    // Two threads may come here at once: Add() gives both the same counter.
    counter = &handled_.Add(
        {{"grpc_service", service_}, {"grpc_method", method_}, {"grpc_code", kCodeNames[index]}});
    by_code_[index].store(counter, std::memory_order_release);
  }
  counter->Increment();
  seconds_.Observe(took);
}

}  // namespace leasehold
