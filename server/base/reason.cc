#include "server/base/reason.h"

#include <array>
#include <cstddef>

#include "server/base/check.h"

namespace leasehold {
namespace {

using Code = absl::StatusCode;

struct Row {
  Reason reason;
  std::string_view name;
  Code code;
  int http;
  bool retryable;
};

// The one table about reasons, in the order of their numbers.
//
// HTTP follows the code (as the Connect protocol maps it) with three exceptions: what refuses a
// *use* is 403 even where the code is FAILED_PRECONDITION, because a broker's client would read
// 400 as "your request is malformed"; a target that cannot be reached is 502, as any proxy says
// it; and what is too large is 413.
constexpr std::array kRows = {
    Row{Reason::kNone, "NONE", Code::kOk, 200, false},
    Row{Reason::kLeaseExpired, "LEASE_EXPIRED", Code::kPermissionDenied, 403, false},
    Row{Reason::kLeaseRevoked, "LEASE_REVOKED", Code::kPermissionDenied, 403, false},
    Row{Reason::kLeaseReleased, "LEASE_RELEASED", Code::kPermissionDenied, 403, false},
    Row{Reason::kLeaseMaxTtl, "LEASE_MAX_TTL", Code::kFailedPrecondition, 400, false},
    Row{Reason::kLeaseNotBound, "LEASE_NOT_BOUND", Code::kPermissionDenied, 403, false},
    Row{Reason::kLeaseUseLimit, "LEASE_USE_LIMIT", Code::kPermissionDenied, 403, false},
    Row{Reason::kPolicyDenied, "POLICY_DENIED", Code::kPermissionDenied, 403, false},
    Row{Reason::kRateLimited, "RATE_LIMITED", Code::kResourceExhausted, 429, true},
    Row{Reason::kApprovalRequired, "APPROVAL_REQUIRED", Code::kFailedPrecondition, 403, false},
    Row{Reason::kAgentSuspended, "AGENT_SUSPENDED", Code::kPermissionDenied, 403, false},
    Row{Reason::kAgentExpired, "AGENT_EXPIRED", Code::kPermissionDenied, 403, false},
    Row{Reason::kHeld, "HELD", Code::kPermissionDenied, 403, false},
    Row{Reason::kVersionDisabled, "VERSION_DISABLED", Code::kFailedPrecondition, 403, false},
    Row{Reason::kVersionDestroyed, "VERSION_DESTROYED", Code::kFailedPrecondition, 403, false},
    Row{Reason::kSecretExpired, "SECRET_EXPIRED", Code::kFailedPrecondition, 403, false},
    Row{Reason::kTargetSecretMismatch, "TARGET_SECRET_MISMATCH", Code::kPermissionDenied, 403,
        false},
    Row{Reason::kTargetUnreachable, "TARGET_UNREACHABLE", Code::kUnavailable, 502, true},
    Row{Reason::kTargetUnknown, "TARGET_UNKNOWN", Code::kNotFound, 404, false},
    Row{Reason::kDeliveryNotAllowed, "DELIVERY_NOT_ALLOWED", Code::kPermissionDenied, 403, false},
    Row{Reason::kNotFoundOrForbidden, "NOT_FOUND_OR_FORBIDDEN", Code::kNotFound, 404, false},
    Row{Reason::kLeaseUnknown, "LEASE_UNKNOWN", Code::kNotFound, 404, false},
    Row{Reason::kDelegationForbidden, "DELEGATION_FORBIDDEN", Code::kPermissionDenied, 403, false},

    Row{Reason::kUnauthenticated, "UNAUTHENTICATED", Code::kUnauthenticated, 401, false},
    Row{Reason::kTokenMalformed, "TOKEN_MALFORMED", Code::kUnauthenticated, 401, false},
    Row{Reason::kTokenForeign, "TOKEN_FOREIGN", Code::kUnauthenticated, 401, false},
    Row{Reason::kTokenFormat, "TOKEN_FORMAT", Code::kUnauthenticated, 401, false},
    Row{Reason::kRestoredEpoch, "RESTORED_EPOCH", Code::kUnauthenticated, 401, false},
    Row{Reason::kCredentialExpired, "CREDENTIAL_EXPIRED", Code::kUnauthenticated, 401, false},
    Row{Reason::kCredentialRevoked, "CREDENTIAL_REVOKED", Code::kUnauthenticated, 401, false},
    Row{Reason::kRoleForbidden, "ROLE_FORBIDDEN", Code::kPermissionDenied, 403, false},
    Row{Reason::kHandleNotAllowed, "HANDLE_NOT_ALLOWED", Code::kPermissionDenied, 403, false},
    Row{Reason::kNetworkForbidden, "NETWORK_FORBIDDEN", Code::kPermissionDenied, 403, false},
    Row{Reason::kCertificateRejected, "CERTIFICATE_REJECTED", Code::kUnauthenticated, 401, false},
    Row{Reason::kTokenRejected, "TOKEN_REJECTED", Code::kUnauthenticated, 401, false},
    Row{Reason::kEnrolmentUsed, "ENROLMENT_USED", Code::kUnauthenticated, 401, false},
    Row{Reason::kIssuerUnavailable, "ISSUER_UNAVAILABLE", Code::kUnavailable, 503, true},

    Row{Reason::kInvalidArgument, "INVALID_ARGUMENT", Code::kInvalidArgument, 400, false},
    Row{Reason::kNotFound, "NOT_FOUND", Code::kNotFound, 404, false},
    Row{Reason::kAlreadyExists, "ALREADY_EXISTS", Code::kAlreadyExists, 409, false},
    Row{Reason::kRequestIdReused, "REQUEST_ID_REUSED", Code::kAlreadyExists, 409, false},
    Row{Reason::kEtagMismatch, "ETAG_MISMATCH", Code::kAborted, 409, false},
    Row{Reason::kPageTokenInvalid, "PAGE_TOKEN_INVALID", Code::kInvalidArgument, 400, false},
    Row{Reason::kFailedPrecondition, "FAILED_PRECONDITION", Code::kFailedPrecondition, 400, false},
    Row{Reason::kTooLarge, "TOO_LARGE", Code::kInvalidArgument, 413, false},

    // Room on the disk comes from an operator, so a retry alone does not help.
    Row{Reason::kLedgerFull, "LEDGER_FULL", Code::kUnavailable, 503, false},
    Row{Reason::kOverloaded, "OVERLOADED", Code::kUnavailable, 503, true},
    Row{Reason::kStaleView, "STALE_VIEW", Code::kUnavailable, 503, true},
    Row{Reason::kSealed, "SEALED", Code::kUnavailable, 503, false},
    Row{Reason::kShuttingDown, "SHUTTING_DOWN", Code::kUnavailable, 503, true},
    Row{Reason::kInternal, "INTERNAL", Code::kInternal, 500, false},

    Row{Reason::kStoreMissing, "STORE_MISSING", Code::kFailedPrecondition, 500, false},
    Row{Reason::kStoreLocked, "STORE_LOCKED", Code::kFailedPrecondition, 500, false},
    Row{Reason::kStoreSchemaNewer, "STORE_SCHEMA_NEWER", Code::kFailedPrecondition, 500, false},
    Row{Reason::kStoreDamaged, "STORE_DAMAGED", Code::kDataLoss, 500, false},
    Row{Reason::kStoreRolledBack, "STORE_ROLLED_BACK", Code::kDataLoss, 500, false},
    Row{Reason::kRootKeyWrong, "ROOT_KEY_WRONG", Code::kFailedPrecondition, 500, false},
    Row{Reason::kRootKeyUnusable, "ROOT_KEY_UNUSABLE", Code::kFailedPrecondition, 500, false},
    Row{Reason::kIo, "IO", Code::kInternal, 500, false},
    Row{Reason::kConfigInvalid, "CONFIG_INVALID", Code::kFailedPrecondition, 500, false},
    Row{Reason::kAddressInUse, "ADDRESS_IN_USE", Code::kFailedPrecondition, 500, false},
    Row{Reason::kLedgerViolation, "LEDGER_VIOLATION", Code::kDataLoss, 500, false},
};

constexpr bool InOrder() {
  for (size_t i = 1; i < kRows.size(); ++i) {
    if (kRows[i - 1].reason >= kRows[i].reason) return false;
  }
  return true;
}
static_assert(InOrder(), "one row a reason, in the order of their numbers");

constexpr auto kReasons = [] {
  std::array<Reason, kRows.size()> reasons{};
  for (size_t i = 0; i < kRows.size(); ++i) reasons[i] = kRows[i].reason;
  return reasons;
}();

constexpr size_t kNumberMax = static_cast<size_t>(kRows.back().reason);

// Number -> row. Gaps point to the row of kNone and are told apart by its number.
constexpr auto kPlaces = [] {
  std::array<uint8_t, kNumberMax + 1> places{};
  for (size_t i = 0; i < kRows.size(); ++i) {
    places[static_cast<size_t>(kRows[i].reason)] = static_cast<uint8_t>(i);
  }
  return places;
}();

const Row& RowOf(Reason reason) {
  const auto number = static_cast<size_t>(reason);
  LEASEHOLD_CHECK(number <= kNumberMax, "a reason without a row");
  const Row& row = kRows[kPlaces[number]];
  LEASEHOLD_CHECK(row.reason == reason, "a reason without a row");
  return row;
}

}  // namespace

std::string_view ReasonName(Reason reason) { return RowOf(reason).name; }

std::optional<Reason> ParseReason(std::string_view name) {
  for (const Row& row : kRows) {
    if (row.name == name) return row.reason;
  }
  return std::nullopt;
}

std::optional<Reason> ReasonFromNumber(uint32_t number) {
  if (number > kNumberMax) return std::nullopt;
  const Row& row = kRows[kPlaces[number]];
  if (static_cast<uint32_t>(row.reason) != number) return std::nullopt;
  return row.reason;
}

absl::StatusCode ReasonCode(Reason reason) { return RowOf(reason).code; }

int ReasonHttpStatus(Reason reason) { return RowOf(reason).http; }

bool ReasonRetryable(Reason reason) { return RowOf(reason).retryable; }

std::span<const Reason> AllReasons() { return kReasons; }

}  // namespace leasehold
