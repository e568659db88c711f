#include "server/telemetry.h"

#include <optional>
#include <string_view>

#include "server/api/method_table.h"
#include "server/base/status.h"
#include "server/logging/log.h"
#include "server/logging/log_limiter.h"

namespace leasehold {
namespace {

bool IsAuthenticationFailure(const absl::Status& status) {
  return ReasonCode(ReasonOf(status)) == absl::StatusCode::kUnauthenticated;
}

// What the caller presented: a word of the authenticator's.
std::string MethodOf(const absl::Status& status) {
  for (const auto& [key, value] : DetailOf(status).metadata) {
    if (key == "method") {
      return value;
    }
  }
  return "agent_token";
}

// Lines of refused calls, of which a caller can make thousands a second: at most ten a second of
// callers that are known and of our own failures, and one of strangers, which is 20 MB a day.
// Each kind has its own limit, so that strangers cannot hide what the others do.
LogLimiter* LimiterOf(const CallReport& report, Reason reason) {
  static LogLimiter failures(absl::Milliseconds(100));
  static LogLimiter known(absl::Milliseconds(100));
  static LogLimiter strangers(absl::Seconds(1));
  if (reason == Reason::kInternal) {
    return &failures;
  }
  return report.principal != nullptr ? &known : &strangers;
}

void LogRefusal(const CallReport& report, Reason reason) {
  const LogLevel level = reason == Reason::kInternal ? LogLevel::kError : LogLevel::kInfo;
  if (!LogEnabled(level)) {
    return;
  }
  const std::optional<uint64_t> left_out = LimiterOf(report, reason)->Admit();
  if (!left_out.has_value()) {
    return;
  }
  const std::string_view sentence = {report.status.message().data(),
                                     report.status.message().size()};
  // The message of an internal error is for the log alone. Why a stranger was not let in is for the
  // operator, whom he will ask; whatever else was refused its caller knows.
  const bool tells_why = report.principal == nullptr && reason != Reason::kInternal;
  Log(level, reason == Reason::kInternal ? sentence : std::string_view("a call was refused"),
      {{"method", report.method.name},
       {"reason", ReasonName(reason)},
       {"principal", report.principal == nullptr ? std::string_view("unknown")
                                                 : std::string_view(report.principal->name)},
       {"why", tells_why ? sentence : std::string_view()},
       {"duration_s", absl::ToDoubleSeconds(report.duration)},
       {"left_out", *left_out}});
}

}  // namespace

Telemetry::Telemetry(Metrics& metrics)
    : commits_(metrics.ForCommits()),
      leases_(metrics.ForLeases()),
      revocations_(metrics.ForRevocations()),
      authentication_(metrics.ForAuthentication()),
      broker_(metrics.ForBroker()),
      grpc_uses_(metrics.ForAdapter("grpc")),
      broker_uses_(metrics.ForAdapter("broker")) {
  for (const ApiMethod& method : AllApiMethods()) {
    methods_.push_back(metrics.ForMethod(std::string(method.service), std::string(method.name)));
  }
}

void Telemetry::Called(const CallReport& report) {
  absl::StatusCode code =
      report.status.ok() ? absl::StatusCode::kOk : ReasonCode(ReasonOf(report.status));
  methods_[&report.method - AllApiMethods().data()]->Handled(code, report.duration);
  if (report.status.ok()) {
    return;
  }
  Reason reason = ReasonOf(report.status);
  if (report.principal == nullptr && IsAuthenticationFailure(report.status)) {
    authentication_->Failed(MethodOf(report.status), reason);
  }
  if (reason == Reason::kRootKeyWrong) {
    authentication_->Failed("passphrase", reason);
  }
  LogRefusal(report, reason);
}

void Telemetry::Committed(const CommitReport& report) {
  commits_->duration.Observe(report.duration);
  commits_->batch_entries.Observe(static_cast<double>(report.entries));
}

void Telemetry::Appended(const ledger::v1::Entry& entry) {
  switch (entry.kind_case()) {
    case ledger::v1::Entry::kLeaseIssued:
      (entry.lease_issued().delivery() == ledger::v1::DELIVERY_REVEALED ? leases_->issued_revealed
                                                                        : leases_->issued_brokered)
          .Increment();
      return;
    case ledger::v1::Entry::kUse:
      if (entry.use().revealed()) {
        leases_->reveals.Increment();
      }
      return;
    default:
      return;
  }
}

void Telemetry::UseDecided(Adapter adapter, const absl::StatusOr<UseReply>& reply,
                           absl::Duration took) {
  UseMetrics::Use use{.took = took};
  if (reply.ok()) {
    use.decision = reply->allowed ? UseMetrics::Decision::kAllowed : UseMetrics::Decision::kDenied;
    use.reason = reply->reason;
    if (reply->observed != Reason::kNone) {
      use.decision = UseMetrics::Decision::kDenied;
      use.reason = reply->observed;
      use.enforced = false;
    }
  } else {
    use.reason = ReasonOf(reply.status());
    if (IsAuthenticationFailure(reply.status())) {
      authentication_->Failed(adapter == Adapter::kBroker ? "handle" : "lease_token", use.reason);
    }
  }
  (adapter == Adapter::kBroker ? broker_uses_ : grpc_uses_)->Decided(use);
}

void Telemetry::Revoked(std::string_view selector, absl::Duration took) {
  revocations_->Revoked(selector, took);
}

void Telemetry::StreamCut(absl::Duration after) { revocations_->StreamCut(after); }

}  // namespace leasehold
