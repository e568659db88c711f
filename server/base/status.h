#ifndef LEASEHOLD_SERVER_BASE_STATUS_H_
#define LEASEHOLD_SERVER_BASE_STATUS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/reason.h"

namespace leasehold {

// What travels with an error beside its sentence.
struct ErrorDetail {
  // What is beyond help: this call, the lease, or the agent.
  enum class Scope { kCall, kLease, kAgent };
  Scope scope = Scope::kCall;
  // After this long a retry may succeed. Kept to the nanosecond, at most 292 years.
  std::optional<absl::Duration> retry_after = std::nullopt;
  // Short facts for programs ("rule" -> "allow[0]"); never a secret.
  std::vector<std::pair<std::string, std::string>> metadata = {};
};

// The only way errors are made below the API. `reason` is not kNone. `message` is one sentence:
// what is wrong, why, what to do. It never holds a secret.
absl::Status Error(Reason reason, std::string_view message);
absl::Status Error(Reason reason, std::string_view message, ErrorDetail detail);

// kNone for OK; kInternal for a status that Error() did not make.
Reason ReasonOf(const absl::Status& status);
// What was given to Error(), or a default ErrorDetail where nothing was.
ErrorDetail DetailOf(const absl::Status& status);

// The same reason and detail with "context: " in front of the message. OK stays OK.
absl::Status Annotate(const absl::Status& status, std::string_view context);

}  // namespace leasehold

#define LEASEHOLD_CONCAT_INNER_(a, b) a##b
#define LEASEHOLD_CONCAT_(a, b) LEASEHOLD_CONCAT_INNER_(a, b)

// Returns from the function where `expr` is an error.
#define RETURN_IF_ERROR(expr)                           \
  do {                                                  \
    if (absl::Status status_ = (expr); !status_.ok()) { \
      return status_;                                   \
    }                                                   \
  } while (false)

// ASSIGN_OR_RETURN(auto name, Name::Parse(text));
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL_(LEASEHOLD_CONCAT_(status_or_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL_(result, lhs, expr) \
  auto result = (expr);                           \
  if (!result.ok()) {                             \
    return std::move(result).status();            \
  }                                               \
  lhs = *std::move(result)

#endif  // LEASEHOLD_SERVER_BASE_STATUS_H_
