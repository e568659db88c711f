#ifndef LEASEHOLD_SERVER_TELEMETRY_H_
#define LEASEHOLD_SERVER_TELEMETRY_H_

#include <memory>
#include <string_view>
#include <vector>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/api/gate.h"
#include "server/broker/broker_metrics.h"
#include "server/leases/committer/committer.h"
#include "server/leases/use_observer.h"
#include "server/metrics/metrics.h"

namespace leasehold {

// What the parts tell, as metrics and log lines. Its functions are called on the threads of those
// parts and do not block.
class Telemetry final : public UseObserver, public BrokerMetrics {
 public:
  explicit Telemetry(Metrics& metrics);

  // A call of the API has ended.
  void Called(const CallReport& report);
  // A batch is durable.
  void Committed(const CommitReport& report);
  // An entry is durable.
  void Appended(const ledger::v1::Entry& entry);

  // A revocation was acknowledged.
  void Revoked(std::string_view selector, absl::Duration took);

  void UseDecided(Adapter adapter, const absl::StatusOr<UseReply>& reply,
                  absl::Duration took) override;
  void StreamCut(absl::Duration after) override;

  void RequestFinished(int status) override { broker_->RequestFinished(status); }
  void AddedSeconds(double seconds) override { broker_->AddedSeconds(seconds); }

 private:
  // In the order of AllApiMethods().
  std::vector<MethodMetrics*> methods_;
  CommitMetrics* commits_;
  LeaseMetrics* leases_;
  RevocationMetrics* revocations_;
  AuthMetrics* authentication_;
  BrokerRequestMetrics* broker_;
  UseMetrics* grpc_uses_;
  UseMetrics* broker_uses_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_TELEMETRY_H_
