#include "server/metrics/metrics.h"

#include <catch2/catch.hpp>
#include <sstream>
#include <thread>
#include <vector>

namespace leasehold {
namespace {

bool HasLine(const std::string& text, const std::string& line) {
  return ("\n" + text).find("\n" + line + "\n") != std::string::npos;
}

TEST_CASE("only what somebody feeds is shown", "[metrics]") {
  Metrics metrics("1.2.3");
  const std::string text = metrics.Render();
  CHECK(HasLine(text, "leasehold_build_info{version=\"1.2.3\"} 1"));
  // A help line, a type line and the value: nothing else.
  CHECK(std::count(text.begin(), text.end(), '\n') == 3);

  metrics.ForLeases();
  CHECK(HasLine(metrics.Render(), "leasehold_reveals_total 0"));
  CHECK(HasLine(metrics.Render(), "leasehold_leases_issued_total{delivery=\"brokered\"} 0"));
  CHECK(metrics.Render().find("leasehold_commit") == std::string::npos);
}

TEST_CASE("a group is the same for all who ask", "[metrics]") {
  Metrics metrics("1");
  CHECK(metrics.ForMethod("s", "m") == metrics.ForMethod("s", "m"));
  CHECK(metrics.ForMethod("s", "m") != metrics.ForMethod("s", "n"));
  CHECK(metrics.ForAdapter("grpc") == metrics.ForAdapter("grpc"));
  CHECK(metrics.ForCommits() == metrics.ForCommits());
  CHECK(metrics.ForLeases() == metrics.ForLeases());
  CHECK(metrics.ForRevocations() == metrics.ForRevocations());
  CHECK(metrics.ForAuthentication() == metrics.ForAuthentication());
  CHECK(metrics.ForBroker() == metrics.ForBroker());
}

TEST_CASE("calls are counted by code, in the spelling of dashboards", "[metrics]") {
  Metrics metrics("1");
  MethodMetrics* const method = metrics.ForMethod("leasehold.v1.LeaseService", "RenewLease");
  method->Handled(absl::StatusCode::kOk, absl::Milliseconds(3));
  method->Handled(absl::StatusCode::kOk, absl::Milliseconds(3));
  method->Handled(absl::StatusCode::kPermissionDenied, absl::Seconds(4));
  method->Handled(absl::StatusCode::kUnauthenticated, absl::ZeroDuration());
  method->Handled(static_cast<absl::StatusCode>(99), absl::ZeroDuration());
  const std::string text = metrics.Render();
  const std::string labels =
      "grpc_method=\"RenewLease\",grpc_service=\"leasehold.v1.LeaseService\"";
  const auto has = [&](const std::string& code, const std::string& value) {
    // The order of labels is the library's affair.
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      if (line.find("grpc_server_handled_total{") == 0 &&
          line.find("grpc_code=\"" + code + "\"") != std::string::npos &&
          line.find("grpc_method=\"RenewLease\"") != std::string::npos) {
        return line.substr(line.rfind(' ') + 1) == value;
      }
    }
    return false;
  };
  INFO(text);
  CHECK(has("OK", "2"));
  CHECK(has("PermissionDenied", "1"));
  CHECK(has("Unauthenticated", "1"));
  CHECK(has("Unknown", "1"));
  CHECK(HasLine(text, "grpc_server_handling_seconds_count{" + labels + "} 5"));
  CHECK(HasLine(text, "grpc_server_handling_seconds_bucket{" + labels + ",le=\"0.005\"} 4"));
  CHECK(HasLine(text, "grpc_server_handling_seconds_bucket{" + labels + ",le=\"+Inf\"} 5"));
}

TEST_CASE("uses are counted by what was decided", "[metrics]") {
  Metrics metrics("1");
  UseMetrics* const broker = metrics.ForAdapter("broker");
  const auto line = [](const std::string& decision, const std::string& reason,
                       const std::string& enforced) {
    return "leasehold_uses_total{adapter=\"broker\",decision=\"" + decision + "\",enforced=\"" +
           enforced + "\",reason=\"" + reason + "\"}";
  };
  CHECK(HasLine(metrics.Render(), line("allowed", "NONE", "true") + " 0"));
  using Decision = UseMetrics::Decision;
  broker->Decided({.decision = Decision::kAllowed,
                   .reason = Reason::kNone,
                   .enforced = true,
                   .took = absl::Milliseconds(1)});
  for (int i = 0; i < 3; ++i) {
    broker->Decided({.decision = Decision::kDenied,
                     .reason = Reason::kPolicyDenied,
                     .enforced = i > 0,
                     .took = absl::Milliseconds(1)});
  }
  // Every reason has its place in the table.
  for (const Reason reason : AllReasons()) {
    broker->Decided({.decision = Decision::kUndecided,
                     .reason = reason,
                     .enforced = true,
                     .took = absl::ZeroDuration()});
  }
  const std::string text = metrics.Render();
  CHECK(HasLine(text, line("allowed", "NONE", "true") + " 1"));
  CHECK(HasLine(text, line("denied", "POLICY_DENIED", "true") + " 2"));
  CHECK(HasLine(text, line("denied", "POLICY_DENIED", "false") + " 1"));
  for (const Reason reason : AllReasons()) {
    CHECK(HasLine(text, line("undecided", std::string(ReasonName(reason)), "true") + " 1"));
  }
  CHECK(HasLine(text, "leasehold_decision_duration_seconds_count{adapter=\"broker\"} " +
                          std::to_string(4 + AllReasons().size())));
}

TEST_CASE("threads that count at once lose nothing", "[metrics]") {
  Metrics metrics("1");
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&metrics] {
      UseMetrics* const uses = metrics.ForAdapter("grpc");
      for (int i = 0; i < 1000; ++i) {
        uses->Decided({.decision = UseMetrics::Decision::kDenied,
                       .reason = Reason::kHeld,
                       .enforced = true,
                       .took = absl::ZeroDuration()});
        if (i % 100 == 0) static_cast<void>(metrics.Render());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(HasLine(metrics.Render(),
                "leasehold_uses_total{adapter=\"grpc\",decision=\"denied\",enforced=\"true\","
                "reason=\"HELD\"} 4000"));
}

TEST_CASE("the other groups count what they say", "[metrics]") {
  Metrics metrics("1");
  metrics.ForCommits()->duration.Observe(absl::Milliseconds(2));
  metrics.ForCommits()->batch_entries.Observe(45);
  metrics.ForLeases()->ended_revoked.Increment(10);
  metrics.ForLeases()->reveals.Increment();
  metrics.ForRevocations()->Revoked("agent", absl::Milliseconds(1));
  metrics.ForRevocations()->StreamCut(absl::Milliseconds(1));
  metrics.ForAuthentication()->Failed("agent_token", Reason::kTokenMalformed);
  for (const int status : {200, 204, 301, 404, 502, 0, 999, -1}) {
    metrics.ForBroker()->RequestFinished(status);
  }
  metrics.ForBroker()->AddedSeconds(0.001);
  const std::string text = metrics.Render();
  for (const char* line : {
           "leasehold_commit_duration_seconds_count 1",
           "leasehold_commit_batch_entries_sum 45",
           "leasehold_commit_batch_entries_bucket{le=\"32\"} 0",
           "leasehold_commit_batch_entries_bucket{le=\"64\"} 1",
           "leasehold_leases_ended_total{cause=\"revoked\"} 10",
           "leasehold_leases_ended_total{cause=\"expired\"} 0",
           "leasehold_reveals_total 1",
           "leasehold_revocations_total{selector=\"agent\"} 1",
           "leasehold_revocation_duration_seconds_count 1",
           "leasehold_stream_cutoff_seconds_count 1",
           "leasehold_auth_failures_total{method=\"agent_token\",reason=\"TOKEN_MALFORMED\"} 1",
           "leasehold_broker_requests_total{code_class=\"2xx\"} 2",
           "leasehold_broker_requests_total{code_class=\"3xx\"} 1",
           "leasehold_broker_requests_total{code_class=\"4xx\"} 1",
           "leasehold_broker_requests_total{code_class=\"5xx\"} 4",
           "leasehold_broker_added_seconds_count 1",
       }) {
    INFO(line);
    CHECK(HasLine(text, line));
  }
}

TEST_CASE("state is asked for at each scrape, and what is not known is not shown", "[metrics]") {
  Metrics metrics("1");
  uint64_t scrapes = 0;
  metrics.SetSampler([&scrapes] {
    StateSample sample;
    sample.ready = true;
    sample.ledger_entries = ++scrapes;
    sample.policy_revision = 7;
    return sample;
  });
  CHECK(HasLine(metrics.Render(), "leasehold_ledger_entries_total 1"));
  const std::string text = metrics.Render();
  CHECK(HasLine(text, "leasehold_ledger_entries_total 2"));
  CHECK(HasLine(text, "# TYPE leasehold_ledger_entries_total counter"));
  CHECK(HasLine(text, "leasehold_ready 1"));
  CHECK(HasLine(text, "leasehold_policy_revision 7"));
  CHECK(text.find("leasehold_last_backup") == std::string::npos);
}

}  // namespace
}  // namespace leasehold
