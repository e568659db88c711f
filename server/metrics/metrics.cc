#include "server/metrics/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <iterator>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace leasehold {
namespace {

using Counters = prometheus::Family<prometheus::Counter>;
using Histograms = prometheus::Family<prometheus::Histogram>;
using Buckets = prometheus::Histogram::BucketBoundaries;

// Seconds, from a decision without disk to a disk that struggles.
const Buckets& SecondsBuckets() {
  static const auto* const buckets = new Buckets{
      0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5};
  return *buckets;
}

// A batch is what queued during one commit: 1 when idle, 1,600 was measured under load.
const Buckets& EntriesBuckets() {
  static const auto* const buckets = new Buckets{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048};
  return *buckets;
}

Counters& NewCounters(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry);
}

Histograms& NewHistograms(prometheus::Registry& registry, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry);
}

class Revocations final : public RevocationMetrics {
 public:
  explicit Revocations(prometheus::Registry& registry)
      : revocations_(NewCounters(registry, "leasehold_revocations_total",
                                 "Revocations acknowledged, by kind of selector.")),
        duration_(NewHistograms(registry, "leasehold_revocation_duration_seconds",
                                "From a revocation's arrival to its acknowledgement.")
                      .Add({}, SecondsBuckets())),
        cutoff_(NewHistograms(registry, "leasehold_stream_cutoff_seconds",
                              "From the end of a lease to the cut of its open streams.")
                    .Add({}, SecondsBuckets())) {}

  void Revoked(std::string_view selector, absl::Duration took) override {
    // The look-up takes a lock, which revocations can afford.
    revocations_.Add({{"selector", std::string(selector)}}).Increment();
    duration_.Observe(absl::ToDoubleSeconds(took));
  }
  void StreamCut(absl::Duration after) override { cutoff_.Observe(absl::ToDoubleSeconds(after)); }

 private:
  Counters& revocations_;
  prometheus::Histogram& duration_;
  prometheus::Histogram& cutoff_;
};

class Authentication final : public AuthMetrics {
 public:
  explicit Authentication(prometheus::Registry& registry)
      : failures_(NewCounters(registry, "leasehold_auth_failures_total",
                              "Calls whose credential was refused.")) {}

  void Failed(std::string_view method, Reason reason) override {
    failures_.Add({{"method", std::string(method)}, {"reason", std::string(ReasonName(reason))}})
        .Increment();
  }

 private:
  Counters& failures_;
};

class BrokerRequests final : public BrokerRequestMetrics {
 public:
  explicit BrokerRequests(prometheus::Registry& registry)
      : added_(NewHistograms(registry, "leasehold_broker_added_seconds",
                             "What the broker adds to a request beside the target's own time.")
                   .Add({}, SecondsBuckets())) {
    Counters& requests = NewCounters(registry, "leasehold_broker_requests_total",
                                     "Requests answered by the broker, by class of status.");
    static constexpr const char* kClasses[] = {"1xx", "2xx", "3xx", "4xx", "5xx"};
    for (const char* name : kClasses) by_class_.push_back(&requests.Add({{"code_class", name}}));
  }

  void RequestFinished(int status) override {
    const int index = status / 100 - 1;
    // What is no HTTP status is a failure.
    by_class_[index >= 0 && index < 5 ? static_cast<size_t>(index) : 4]->Increment();
  }
  void AddedSeconds(double seconds) override { added_.Observe(seconds); }

 private:
  std::vector<prometheus::Counter*> by_class_;
  prometheus::Histogram& added_;
};

CommitMetrics NewCommitMetrics(prometheus::Registry& registry) {
  return {.duration = HistogramHandle(NewHistograms(registry, "leasehold_commit_duration_seconds",
                                                    "How long a batch's transaction takes.")
                                          .Add({}, SecondsBuckets())),
          .batch_entries = HistogramHandle(NewHistograms(registry, "leasehold_commit_batch_entries",
                                                         "Entries committed together.")
                                               .Add({}, EntriesBuckets()))};
}

LeaseMetrics NewLeaseMetrics(prometheus::Registry& registry) {
  Counters& issued = NewCounters(registry, "leasehold_leases_issued_total", "Leases issued.");
  Counters& ended = NewCounters(registry, "leasehold_leases_ended_total",
                                "Leases that can no longer be used, by what ended them.");
  Counters& reveals = NewCounters(registry, "leasehold_reveals_total",
                                  "Values handed to an agent, which makes each an exposure.");
  return {.issued_brokered = CounterHandle(issued.Add({{"delivery", "brokered"}})),
          .issued_revealed = CounterHandle(issued.Add({{"delivery", "revealed"}})),
          .ended_released = CounterHandle(ended.Add({{"cause", "released"}})),
          .ended_revoked = CounterHandle(ended.Add({{"cause", "revoked"}})),
          .ended_expired = CounterHandle(ended.Add({{"cause", "expired"}})),
          .reveals = CounterHandle(reveals.Add({}))};
}

}  // namespace

class Metrics::Impl {
 public:
  explicit Impl(const std::string& version)
      : handled_(NewCounters(registry_, "grpc_server_handled_total",
                             "Calls completed, whatever their outcome.")),
        handling_seconds_(NewHistograms(registry_, "grpc_server_handling_seconds",
                                        "From a call's arrival to its completion.")),
        uses_(NewCounters(registry_, "leasehold_uses_total", "Uses that were judged.")),
        decision_seconds_(NewHistograms(registry_, "leasehold_decision_duration_seconds",
                                        "From a use's arrival until its entry is durable.")) {
    prometheus::BuildGauge()
        .Name("leasehold_build_info")
        .Help("Always 1; the version that runs.")
        .Register(registry_)
        .Add({{"version", version}})
        .Set(1);
  }

  MethodMetrics* ForMethod(const std::string& service, const std::string& method) {
    const absl::MutexLock lock(&mu_);
    auto& metrics = methods_[{service, method}];
    if (metrics == nullptr) {
      metrics = std::make_unique<MethodMetrics>(
          service, method, handled_,
          HistogramHandle(handling_seconds_.Add(
              {{"grpc_service", service}, {"grpc_method", method}}, SecondsBuckets())));
    }
    return metrics.get();
  }

  UseMetrics* ForAdapter(const std::string& adapter) {
    const absl::MutexLock lock(&mu_);
    auto& metrics = adapters_[adapter];
    if (metrics == nullptr) {
      metrics = std::make_unique<UseMetrics>(
          adapter, uses_,
          HistogramHandle(decision_seconds_.Add({{"adapter", adapter}}, SecondsBuckets())));
    }
    return metrics.get();
  }

  CommitMetrics* ForCommits() {
    const absl::MutexLock lock(&mu_);
    if (!commits_.has_value()) commits_ = NewCommitMetrics(registry_);
    return &*commits_;
  }
  LeaseMetrics* ForLeases() {
    const absl::MutexLock lock(&mu_);
    if (!leases_.has_value()) leases_ = NewLeaseMetrics(registry_);
    return &*leases_;
  }
  RevocationMetrics* ForRevocations() {
    const absl::MutexLock lock(&mu_);
    if (!revocations_.has_value()) revocations_.emplace(registry_);
    return &*revocations_;
  }
  AuthMetrics* ForAuthentication() {
    const absl::MutexLock lock(&mu_);
    if (!authentication_.has_value()) authentication_.emplace(registry_);
    return &*authentication_;
  }
  BrokerRequestMetrics* ForBroker() {
    const absl::MutexLock lock(&mu_);
    if (!broker_.has_value()) broker_.emplace(registry_);
    return &*broker_;
  }

  void SetSampler(absl::AnyInvocable<StateSample()> sampler) {
    const absl::MutexLock lock(&sampler_mu_);
    sampler_ = std::move(sampler);
  }

  std::string Render() {
    std::vector<prometheus::MetricFamily> families = registry_.Collect();
    {
      const absl::MutexLock lock(&sampler_mu_);
      if (sampler_) {
        auto sampled = FamiliesOf(sampler_());
        families.insert(families.end(), std::make_move_iterator(sampled.begin()),
                        std::make_move_iterator(sampled.end()));
      }
    }
    return prometheus::TextSerializer().Serialize(families);
  }

 private:
  prometheus::Registry registry_;
  Counters& handled_;
  Histograms& handling_seconds_;
  Counters& uses_;
  Histograms& decision_seconds_;

  absl::Mutex mu_;  // Of the groups' existence; counting in them needs no lock.
  std::map<std::pair<std::string, std::string>, std::unique_ptr<MethodMetrics>> methods_
      ABSL_GUARDED_BY(mu_);
  std::map<std::string, std::unique_ptr<UseMetrics>> adapters_ ABSL_GUARDED_BY(mu_);
  std::optional<CommitMetrics> commits_ ABSL_GUARDED_BY(mu_);
  std::optional<LeaseMetrics> leases_ ABSL_GUARDED_BY(mu_);
  std::optional<Revocations> revocations_ ABSL_GUARDED_BY(mu_);
  std::optional<Authentication> authentication_ ABSL_GUARDED_BY(mu_);
  std::optional<BrokerRequests> broker_ ABSL_GUARDED_BY(mu_);

  absl::Mutex sampler_mu_;  // One scrape at a time asks.
  absl::AnyInvocable<StateSample()> sampler_ ABSL_GUARDED_BY(sampler_mu_);
};

Metrics::Metrics(const std::string& version) : impl_(std::make_unique<Impl>(version)) {}
Metrics::~Metrics() = default;

MethodMetrics* Metrics::ForMethod(const std::string& service, const std::string& method) {
  return impl_->ForMethod(service, method);
}
UseMetrics* Metrics::ForAdapter(const std::string& adapter) { return impl_->ForAdapter(adapter); }
CommitMetrics* Metrics::ForCommits() { return impl_->ForCommits(); }
LeaseMetrics* Metrics::ForLeases() { return impl_->ForLeases(); }
RevocationMetrics* Metrics::ForRevocations() { return impl_->ForRevocations(); }
AuthMetrics* Metrics::ForAuthentication() { return impl_->ForAuthentication(); }
BrokerRequestMetrics* Metrics::ForBroker() { return impl_->ForBroker(); }
void Metrics::SetSampler(absl::AnyInvocable<StateSample()> sampler) {
  impl_->SetSampler(std::move(sampler));
}
std::string Metrics::Render() { return impl_->Render(); }

}  // namespace leasehold
