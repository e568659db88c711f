#include "server/base/reason.h"

#include <catch2/catch.hpp>
#include <regex>
#include <set>
#include <string>

namespace leasehold {
namespace {

// Without a default the compiler refuses this function once a Reason is missing from it, and the
// test below then refuses a table that lacks its row.
bool Named(Reason reason) {
  switch (reason) {
    case Reason::kNone:
    case Reason::kLeaseExpired:
    case Reason::kLeaseRevoked:
    case Reason::kLeaseReleased:
    case Reason::kLeaseMaxTtl:
    case Reason::kLeaseNotBound:
    case Reason::kLeaseUseLimit:
    case Reason::kPolicyDenied:
    case Reason::kRateLimited:
    case Reason::kApprovalRequired:
    case Reason::kAgentSuspended:
    case Reason::kAgentExpired:
    case Reason::kHeld:
    case Reason::kVersionDisabled:
    case Reason::kVersionDestroyed:
    case Reason::kSecretExpired:
    case Reason::kTargetSecretMismatch:
    case Reason::kTargetUnreachable:
    case Reason::kTargetUnknown:
    case Reason::kDeliveryNotAllowed:
    case Reason::kNotFoundOrForbidden:
    case Reason::kLeaseUnknown:
    case Reason::kDelegationForbidden:
    case Reason::kUnauthenticated:
    case Reason::kTokenMalformed:
    case Reason::kTokenForeign:
    case Reason::kTokenFormat:
    case Reason::kRestoredEpoch:
    case Reason::kCredentialExpired:
    case Reason::kCredentialRevoked:
    case Reason::kRoleForbidden:
    case Reason::kHandleNotAllowed:
    case Reason::kNetworkForbidden:
    case Reason::kCertificateRejected:
    case Reason::kTokenRejected:
    case Reason::kEnrolmentUsed:
    case Reason::kIssuerUnavailable:
    case Reason::kInvalidArgument:
    case Reason::kNotFound:
    case Reason::kAlreadyExists:
    case Reason::kRequestIdReused:
    case Reason::kEtagMismatch:
    case Reason::kPageTokenInvalid:
    case Reason::kFailedPrecondition:
    case Reason::kTooLarge:
    case Reason::kLedgerFull:
    case Reason::kOverloaded:
    case Reason::kStaleView:
    case Reason::kSealed:
    case Reason::kShuttingDown:
    case Reason::kInternal:
    case Reason::kStoreMissing:
    case Reason::kStoreLocked:
    case Reason::kStoreSchemaNewer:
    case Reason::kStoreDamaged:
    case Reason::kStoreRolledBack:
    case Reason::kRootKeyWrong:
    case Reason::kRootKeyUnusable:
    case Reason::kIo:
    case Reason::kConfigInvalid:
    case Reason::kAddressInUse:
    case Reason::kLedgerViolation:
      return true;
  }
  return false;
}

TEST_CASE("every reason has a row, and every row is a reason", "[base][reason]") {
  // Far above the largest number, so that a row for a new reason cannot be missed.
  for (uint32_t number = 0; number < 1000; ++number) {
    INFO(number);
    CHECK(ReasonFromNumber(number).has_value() == Named(static_cast<Reason>(number)));
  }
  CHECK_FALSE(ReasonFromNumber(0xffffffffU).has_value());
  for (const Reason reason : AllReasons()) {
    CHECK(ReasonFromNumber(static_cast<uint32_t>(reason)) == reason);
  }
}

TEST_CASE("each reason has a name of its own, which leads back to it", "[base][reason]") {
  std::set<std::string> names;
  for (const Reason reason : AllReasons()) {
    const std::string name(ReasonName(reason));
    INFO(name);
    CHECK(std::regex_match(name, std::regex("[A-Z]+(_[A-Z]+)*")));
    CHECK(names.insert(name).second);
    CHECK(ParseReason(name) == reason);
  }
  CHECK_FALSE(ParseReason("").has_value());
  CHECK_FALSE(ParseReason("lease_expired").has_value());
}

TEST_CASE("codes and HTTP statuses agree on whose fault it is", "[base][reason]") {
  const std::set<int> allowed = {400, 401, 403, 404, 409, 413, 429, 500, 502, 503};
  for (const Reason reason : AllReasons()) {
    INFO(ReasonName(reason));
    const absl::StatusCode code = ReasonCode(reason);
    const int http = ReasonHttpStatus(reason);
    if (reason == Reason::kNone) {
      CHECK(code == absl::StatusCode::kOk);
      CHECK(http == 200);
      continue;
    }
    CHECK(code != absl::StatusCode::kOk);
    CHECK(allowed.contains(http));
    CHECK((code == absl::StatusCode::kUnauthenticated) == (http == 401));
    CHECK((code == absl::StatusCode::kNotFound) == (http == 404));
    CHECK((code == absl::StatusCode::kResourceExhausted) == (http == 429));
    CHECK((code == absl::StatusCode::kUnavailable) == (http == 502 || http == 503));
    // A retry is only promised where the code promises it too.
    if (ReasonRetryable(reason)) {
      CHECK((http == 429 || http == 502 || http == 503));
    }
  }
}

TEST_CASE("an agent cannot tell absent from forbidden, and knows what not to retry",
          "[base][reason]") {
  CHECK(ReasonHttpStatus(Reason::kNotFoundOrForbidden) == 404);
  CHECK(ReasonCode(Reason::kNotFoundOrForbidden) == absl::StatusCode::kNotFound);
  CHECK(ReasonHttpStatus(Reason::kPolicyDenied) == 403);
  CHECK(ReasonHttpStatus(Reason::kTargetUnreachable) == 502);
  CHECK(ReasonCode(Reason::kLedgerFull) == absl::StatusCode::kUnavailable);
  CHECK(ReasonRetryable(Reason::kRateLimited));
  CHECK_FALSE(ReasonRetryable(Reason::kPolicyDenied));
  CHECK_FALSE(ReasonRetryable(Reason::kLeaseRevoked));
  CHECK_FALSE(ReasonRetryable(Reason::kHeld));
}

}  // namespace
}  // namespace leasehold
