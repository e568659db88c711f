#include "client/cli/terminal/cli_error.h"

#include <catch2/catch.hpp>

#include "server/base/reason.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("each reason has the exit status that is documented") {
  struct Row {
    Reason reason;
    ExitStatus exit;
  };
  const Row rows[] = {
      {Reason::kInvalidArgument, ExitStatus::kUsage},
      {Reason::kTooLarge, ExitStatus::kUsage},
      {Reason::kConfigInvalid, ExitStatus::kUsage},
      {Reason::kNotFound, ExitStatus::kNotFound},
      {Reason::kLeaseUnknown, ExitStatus::kNotFound},
      {Reason::kTargetUnknown, ExitStatus::kNotFound},
      {Reason::kUnauthenticated, ExitStatus::kNotAuthenticated},
      {Reason::kTokenMalformed, ExitStatus::kNotAuthenticated},
      {Reason::kTokenForeign, ExitStatus::kNotAuthenticated},
      {Reason::kRestoredEpoch, ExitStatus::kNotAuthenticated},
      {Reason::kCredentialExpired, ExitStatus::kNotAuthenticated},
      {Reason::kCredentialRevoked, ExitStatus::kNotAuthenticated},
      {Reason::kPolicyDenied, ExitStatus::kDenied},
      {Reason::kHeld, ExitStatus::kDenied},
      {Reason::kNotFoundOrForbidden, ExitStatus::kDenied},
      {Reason::kDeliveryNotAllowed, ExitStatus::kDenied},
      {Reason::kAgentSuspended, ExitStatus::kDenied},
      {Reason::kAgentExpired, ExitStatus::kDenied},
      {Reason::kLeaseRevoked, ExitStatus::kDenied},
      {Reason::kLeaseExpired, ExitStatus::kDenied},
      {Reason::kLeaseReleased, ExitStatus::kDenied},
      {Reason::kLeaseMaxTtl, ExitStatus::kDenied},
      {Reason::kRateLimited, ExitStatus::kDenied},
      {Reason::kVersionDisabled, ExitStatus::kDenied},
      {Reason::kVersionDestroyed, ExitStatus::kDenied},
      {Reason::kRoleForbidden, ExitStatus::kDenied},
      {Reason::kHandleNotAllowed, ExitStatus::kDenied},
      {Reason::kLedgerViolation, ExitStatus::kFindings},
      {Reason::kLedgerFull, ExitStatus::kUnavailable},
      {Reason::kOverloaded, ExitStatus::kUnavailable},
      {Reason::kShuttingDown, ExitStatus::kUnavailable},
      {Reason::kSealed, ExitStatus::kUnavailable},
      {Reason::kStoreLocked, ExitStatus::kUnavailable},
      {Reason::kAlreadyExists, ExitStatus::kFailure},
      {Reason::kEtagMismatch, ExitStatus::kFailure},
      {Reason::kFailedPrecondition, ExitStatus::kFailure},
      {Reason::kInternal, ExitStatus::kFailure},
      {Reason::kStoreDamaged, ExitStatus::kFailure},
      {Reason::kRootKeyWrong, ExitStatus::kFailure},
      {Reason::kIo, ExitStatus::kFailure},
  };
  for (const Row& row : rows) {
    INFO(ReasonName(row.reason));
    CHECK(ExitStatusOf(Error(row.reason, "x")) == row.exit);
  }
}

TEST_CASE("no reason ends with 0, and hints are sentences without a full stop") {
  for (const Reason reason : AllReasons()) {
    if (reason == Reason::kNone) continue;
    const absl::Status error = Error(reason, "x");
    INFO(ReasonName(reason));
    CHECK(ExitStatusOf(error) != ExitStatus::kOk);
    CHECK_FALSE(HintOf(error).ends_with('.'));
  }
}

TEST_CASE("an error of ours keeps its exit status and hint") {
  for (const ExitStatus exit : {ExitStatus::kFailure, ExitStatus::kUsage, ExitStatus::kNotFound,
                                ExitStatus::kNotAuthenticated, ExitStatus::kDenied,
                                ExitStatus::kFindings, ExitStatus::kUnavailable}) {
    const absl::Status error = CliError(exit, "what is wrong", "what to do");
    CHECK(ExitStatusOf(error) == exit);
    CHECK(ErrorText(error) == "leasehold: error: what is wrong\nleasehold: hint: what to do\n");
  }
}

TEST_CASE("without a hint there is one line") {
  CHECK(ErrorText(UsageError("no")) == "leasehold: error: no\n");
  CHECK(ErrorText(WithHint(Error(Reason::kHeld, "held"), "ask")) ==
        "leasehold: error: held\nleasehold: hint: ask\n");
}

}  // namespace
}  // namespace leasehold
