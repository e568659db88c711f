#include "server/broker/http/problem.h"

#include <catch2/catch.hpp>
#include <string>

namespace leasehold {
namespace {

TEST_CASE("a problem is told as RFC 9457 has it") {
  Problem problem = Problem::From(Error(Reason::kPolicyDenied, "a bot may not \"POST\"\n"));
  problem.entry = LogIndex(1204);
  const std::string response = WriteProblem(problem, {});
  const size_t end = response.find("\r\n\r\n") + 4;
  const std::string body = response.substr(end);
  CHECK(response.substr(0, end) ==
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/problem+json\r\n"
        "Cache-Control: no-store\r\nContent-Length: " +
            std::to_string(body.size()) + "\r\nX-Leasehold-Entry: 1204\r\n\r\n");
  CHECK(body ==
        "{\"type\":\"urn:leasehold:reason:POLICY_DENIED\",\"title\":\"policy denied\","
        "\"status\":403,\"detail\":\"a bot may not \\\"POST\\\"\\u000a\","
        "\"reason\":\"POLICY_DENIED\",\"retryable\":false,\"scope\":\"call\",\"entry\":1204}\n");
}

TEST_CASE("a problem says how to go on") {
  const std::string unauthenticated =
      WriteProblem(Problem::From(Error(Reason::kUnauthenticated, "who?")), {.close = true});
  CHECK(unauthenticated.find("\r\nWWW-Authenticate: Bearer realm=\"leasehold\"\r\n") !=
        std::string::npos);
  CHECK(unauthenticated.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(unauthenticated.find("X-Leasehold-Entry") == std::string::npos);
  ErrorDetail detail;
  detail.retry_after = absl::Milliseconds(1200);
  const std::string limited =
      WriteProblem(Problem::From(Error(Reason::kRateLimited, "slow down", detail)), {});
  CHECK(limited.find("HTTP/1.1 429 ") == 0);
  CHECK(limited.find("\r\nRetry-After: 2\r\n") != std::string::npos);
  CHECK(limited.find("\"retryable\":true") != std::string::npos);
  const std::string gone =
      WriteProblem(Problem::From(Error(Reason::kLeaseRevoked, "over")), {.to_head = true});
  CHECK(gone.substr(gone.size() - 4) == "\r\n\r\n");
  CHECK(Problem::From(Error(Reason::kLeaseRevoked, "over")).scope == ErrorDetail::Scope::kLease);
  CHECK(Problem::From(Error(Reason::kAgentSuspended, "no")).scope == ErrorDetail::Scope::kAgent);
}

TEST_CASE("every reason has a status with a phrase") {
  for (const Reason reason : AllReasons()) {
    if (reason == Reason::kNone) continue;
    CHECK_FALSE(StatusPhrase(ReasonHttpStatus(reason)).empty());
  }
  for (const int status : {408, 431, 502, 504}) CHECK_FALSE(StatusPhrase(status).empty());
}

}  // namespace
}  // namespace leasehold
