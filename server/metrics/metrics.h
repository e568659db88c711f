#ifndef LEASEHOLD_SERVER_METRICS_METRICS_H_
#define LEASEHOLD_SERVER_METRICS_METRICS_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "server/base/reason.h"
#include "server/metrics/handles.h"
#include "server/metrics/method_metrics.h"
#include "server/metrics/sampled_metrics.h"
#include "server/metrics/use_metrics.h"

namespace leasehold {

// Counted by the committer, once a batch.
struct CommitMetrics {
  HistogramHandle duration;       // leasehold_commit_duration_seconds, of the transaction
  HistogramHandle batch_entries;  // leasehold_commit_batch_entries
};

// Counted when a batch with such entries is durable.
struct LeaseMetrics {
  CounterHandle issued_brokered;  // leasehold_leases_issued_total{delivery}
  CounterHandle issued_revealed;
  CounterHandle ended_released;  // leasehold_leases_ended_total{cause}
  CounterHandle ended_revoked;
  CounterHandle ended_expired;
  CounterHandle reveals;  // leasehold_reveals_total
};

class RevocationMetrics {
 public:
  virtual ~RevocationMetrics() = default;
  // Acknowledged, `took` after the call came in. `selector` is the kind of what was revoked
  // ("agent", "secret", "all"): a word of our code, never a name.
  // leasehold_revocations_total{selector}, leasehold_revocation_duration_seconds.
  virtual void Revoked(std::string_view selector, absl::Duration took) = 0;
  // An open stream was cut so long after its lease's end. leasehold_stream_cutoff_seconds.
  virtual void StreamCut(absl::Duration after) = 0;
};

class AuthMetrics {
 public:
  virtual ~AuthMetrics() = default;
  // leasehold_auth_failures_total{method,reason}; `method` is a word of our code: "agent_token",
  // "lease_token", "handle", "client_certificate", "jwt", "operator_session", "passphrase".
  virtual void Failed(std::string_view method, Reason reason) = 0;
};

class BrokerRequestMetrics {
 public:
  virtual ~BrokerRequestMetrics() = default;
  // leasehold_broker_requests_total{code_class}: "2xx" for 200.
  virtual void RequestFinished(int status) = 0;
  virtual void AddedSeconds(double seconds) = 0;  // leasehold_broker_added_seconds
};

// Everything that Prometheus sees. Labels are closed sets: no agent, secret,
// lease or anything else that callers choose is ever one.
//
// Whoever counts asks for its group once, before serving, and keeps it: groups live as long as the
// Metrics, and counting in them is safe from any thread and needs no look-up. A group that nobody
// asks for is not shown, so what is shown is fed.
class Metrics {
 public:
  // `version` becomes leasehold_build_info{version}.
  explicit Metrics(const std::string& version);
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  // The same name gives the same object. Safe from any thread.
  MethodMetrics* ForMethod(const std::string& service, const std::string& method);
  // `adapter`: "grpc", "broker", ...
  UseMetrics* ForAdapter(const std::string& adapter);
  CommitMetrics* ForCommits();
  LeaseMetrics* ForLeases();
  RevocationMetrics* ForRevocations();
  AuthMetrics* ForAuthentication();
  BrokerRequestMetrics* ForBroker();

  // Asked at each scrape, on the scraping thread; must not wait for the disk. What it uses outlives
  // this, or the scraping has ended before.
  void SetSampler(absl::AnyInvocable<StateSample()> sampler);

  // All of it in Prometheus' text format. Safe from any thread.
  std::string Render();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_METRICS_METRICS_H_
