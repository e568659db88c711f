#include "client/cli/terminal/cli_error.h"

#include <optional>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "server/base/check.h"
#include "server/base/reason.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr absl::string_view kExitPayload = "leasehold/exit";
constexpr absl::string_view kHintPayload = "leasehold/hint";

// The reason under which an error of our own travels; what people and programs see of it is the
// exit status.
Reason ReasonFor(ExitStatus status) {
  switch (status) {
    case ExitStatus::kUsage:
      return Reason::kInvalidArgument;
    case ExitStatus::kNotFound:
      return Reason::kNotFound;
    case ExitStatus::kNotAuthenticated:
      return Reason::kUnauthenticated;
    case ExitStatus::kDenied:
      return Reason::kPolicyDenied;
    case ExitStatus::kFindings:
      return Reason::kLedgerViolation;
    case ExitStatus::kUnavailable:
      return Reason::kShuttingDown;
    case ExitStatus::kOk:
    case ExitStatus::kFailure:
      break;
  }
  return Reason::kInternal;
}

std::optional<std::string> Payload(const absl::Status& error, absl::string_view url) {
  const auto payload = error.GetPayload(url);
  if (!payload.has_value()) return std::nullopt;
  return std::string(*payload);
}

// Reasons whose code alone would say something else.
std::optional<ExitStatus> ExitOfReason(Reason reason) {
  switch (reason) {
    // Absent and forbidden look the same; the agent was refused in both cases.
    case Reason::kNotFoundOrForbidden:
    case Reason::kLeaseMaxTtl:
    case Reason::kRateLimited:
    case Reason::kApprovalRequired:
    case Reason::kVersionDisabled:
    case Reason::kVersionDestroyed:
    case Reason::kSecretExpired:
      return ExitStatus::kDenied;
    case Reason::kConfigInvalid:
      return ExitStatus::kUsage;
    case Reason::kStoreLocked:
    case Reason::kAddressInUse:
      return ExitStatus::kUnavailable;
    case Reason::kLedgerViolation:
      return ExitStatus::kFindings;
    default:
      return std::nullopt;
  }
}

ExitStatus ExitOfCode(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kOk:
      return ExitStatus::kOk;
    case absl::StatusCode::kInvalidArgument:
      return ExitStatus::kUsage;
    case absl::StatusCode::kNotFound:
      return ExitStatus::kNotFound;
    case absl::StatusCode::kUnauthenticated:
      return ExitStatus::kNotAuthenticated;
    case absl::StatusCode::kPermissionDenied:
      return ExitStatus::kDenied;
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kResourceExhausted:
      return ExitStatus::kUnavailable;
    default:
      return ExitStatus::kFailure;
  }
}

std::string_view HintOfReason(Reason reason) {
  switch (reason) {
    case Reason::kUnauthenticated:
      return "agents set LEASEHOLD_TOKEN or LEASEHOLD_TOKEN_FILE; operators use the admin socket";
    case Reason::kCredentialExpired:
    case Reason::kCredentialRevoked:
      return "ask an operator for a new one: leasehold agent token NAME";
    case Reason::kCertificateRejected:
      return "the server's log says the same; `openssl x509 -noout -text -in FILE` shows a "
             "certificate";
    case Reason::kEnrolmentUsed:
      return "an operator makes another: leasehold agent enroll NAME";
    case Reason::kAgentExpired:
      return "an operator extends it: leasehold agent update NAME --expires 90d";
    case Reason::kTokenForeign:
    case Reason::kRestoredEpoch:
      return "the token is from another store or from before a restore; ask for a new one";
    case Reason::kRoleForbidden:
      return "`leasehold whoami` says who you are to the server";
    case Reason::kHeld:
      return "an operator sees why with `leasehold hold list` and ends it with `leasehold resume`";
    case Reason::kNotFoundOrForbidden:
      return "the secret does not exist, or no policy lets this agent take it; ask its owner";
    case Reason::kEtagMismatch:
      return "somebody else changed it in between; look at it again and repeat";
    case Reason::kLedgerFull:
      return "the disk is nearly full: revocations still work, everything else needs room";
    default:
      return {};
  }
}

}  // namespace

absl::Status CliError(ExitStatus status, std::string_view message, std::string_view hint) {
  LEASEHOLD_CHECK(status != ExitStatus::kOk, "an error that is none");
  absl::Status error = Error(ReasonFor(status), message);
  error.SetPayload(kExitPayload, absl::Cord(ToAbsl(StrCat(static_cast<int>(status)))));
  return hint.empty() ? error : WithHint(error, hint);
}

absl::Status UsageError(std::string_view message, std::string_view hint) {
  return CliError(ExitStatus::kUsage, message, hint);
}

absl::Status WithHint(const absl::Status& error, std::string_view hint) {
  absl::Status hinted = error;
  if (!hinted.ok()) hinted.SetPayload(kHintPayload, absl::Cord(ToAbsl(hint)));
  return hinted;
}

ExitStatus ExitStatusOf(const absl::Status& error) {
  if (error.ok()) return ExitStatus::kOk;
  if (const auto exit = Payload(error, kExitPayload)) {
    int number = 0;
    LEASEHOLD_CHECK(absl::SimpleAtoi(*exit, &number));
    return static_cast<ExitStatus>(number);
  }
  if (const auto exit = ExitOfReason(ReasonOf(error))) return *exit;
  return ExitOfCode(error.code());
}

std::string HintOf(const absl::Status& error) {
  if (auto hint = Payload(error, kHintPayload)) return *std::move(hint);
  if (Payload(error, kExitPayload).has_value()) return {};
  return std::string(HintOfReason(ReasonOf(error)));
}

std::string ErrorText(const absl::Status& error) {
  std::string text = StrCat("leasehold: error: ", error.message(), "\n");
  if (const std::string hint = HintOf(error); !hint.empty()) {
    StrAppend(&text, "leasehold: hint: ", hint, "\n");
  }
  return text;
}

}  // namespace leasehold
