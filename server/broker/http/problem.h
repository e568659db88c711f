#ifndef LEASEHOLD_SERVER_BROKER_HTTP_PROBLEM_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_PROBLEM_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/base/reason.h"
#include "server/base/status.h"

namespace leasehold {

// A refusal by the broker itself, told as RFC 9457 has it:
//
//   {"type":"urn:leasehold:reason:POLICY_DENIED","title":"policy denied","status":403,
//    "detail":"...","reason":"POLICY_DENIED","retryable":false,"scope":"call","entry":1204}
//
// `entry` is there where the refusal has one. The answers of targets are never rewritten into this.
struct Problem {
  int status = 500;
  Reason reason = Reason::kInternal;
  std::string detail;  // one sentence, UTF-8
  ErrorDetail::Scope scope = ErrorDetail::Scope::kCall;
  std::optional<absl::Duration> retry_after;
  std::optional<LogIndex> entry;

  // By the one map from Reason to HTTP; `status_override` where HTTP has a better word.
  static Problem From(const absl::Status& error, int status_override = 0);
};

// What is beyond help where `reason` refuses a use.
ErrorDetail::Scope ScopeOf(Reason reason);

// What the connection needs to know.
struct ProblemFraming {
  bool to_head = false;  // answers a HEAD request: no body
  bool close = false;    // say that the connection ends here
};

// The whole response.
std::string WriteProblem(const Problem& problem, ProblemFraming framing);

// "Not Found"; empty for a status this file does not use.
std::string_view StatusPhrase(int status);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_PROBLEM_H_
