#ifndef LEASEHOLD_SERVER_BASE_REASON_H_
#define LEASEHOLD_SERVER_BASE_REASON_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace leasehold {

// Why something was refused. The numbers are written to the ledger (Use.reason and others) and
// are never used again for another meaning. Names are what programs see: ErrorInfo.reason, JSON,
// metric labels. Those marked "later" have their number and name, but this version never refuses
// with them.
enum class Reason : uint16_t {
  kNone = 0,
  // Leases and decisions.
  kLeaseExpired = 1,
  kLeaseRevoked = 2,
  kLeaseReleased = 3,
  kLeaseMaxTtl = 4,
  kLeaseNotBound = 5,
  kLeaseUseLimit = 6,
  kPolicyDenied = 7,
  kRateLimited = 8,
  kApprovalRequired = 9,
  kAgentSuspended = 10,  // later
  kAgentExpired = 11,
  kHeld = 12,
  kVersionDisabled = 13,
  kVersionDestroyed = 14,
  kSecretExpired = 15,
  kTargetSecretMismatch = 16,
  kTargetUnreachable = 17,
  kTargetUnknown = 18,
  kDeliveryNotAllowed = 19,
  kNotFoundOrForbidden = 20,
  kLeaseUnknown = 21,
  kDelegationForbidden = 22,
  // Who calls.
  kUnauthenticated = 40,
  kTokenMalformed = 41,
  kTokenForeign = 42,
  kTokenFormat = 43,
  kRestoredEpoch = 44,
  kCredentialExpired = 45,
  kCredentialRevoked = 46,
  kRoleForbidden = 47,
  kHandleNotAllowed = 48,
  kNetworkForbidden = 49,
  kCertificateRejected = 50,
  kTokenRejected = 51,  // a JSON Web Token that does not verify
  kEnrolmentUsed = 52,
  kIssuerUnavailable = 53,  // the keys of a token's issuer cannot be had now
  // Requests.
  kInvalidArgument = 60,
  kNotFound = 61,
  kAlreadyExists = 62,
  kRequestIdReused = 63,
  kEtagMismatch = 64,
  kPageTokenInvalid = 65,
  kFailedPrecondition = 66,
  kTooLarge = 67,
  // The server's own state.
  kLedgerFull = 80,
  kOverloaded = 81,
  kStaleView = 82,  // later
  kSealed = 83,
  kShuttingDown = 84,
  kInternal = 85,
  // Starting and files.
  kStoreMissing = 100,
  kStoreLocked = 101,
  kStoreSchemaNewer = 102,
  kStoreDamaged = 103,
  kStoreRolledBack = 104,
  kRootKeyWrong = 105,
  kRootKeyUnusable = 106,
  kIo = 107,
  kConfigInvalid = 108,
  kAddressInUse = 109,
  kLedgerViolation = 110,
};

// "LEASE_EXPIRED"; stable. Like the other functions of a Reason, stops the process for a number
// that is not in the enumeration: what was read from somewhere goes through ReasonFromNumber.
std::string_view ReasonName(Reason reason);
std::optional<Reason> ParseReason(std::string_view name);
// The reason with this number, as read from an entry; nullopt for a number this build does not
// know (a later server's).
std::optional<Reason> ReasonFromNumber(uint32_t number);
// The canonical code of each reason (the one map to gRPC).
absl::StatusCode ReasonCode(Reason reason);
// The one map to HTTP: 200 for kNone, else 400, 401, 403, 404, 409, 413, 429, 500, 502 or 503.
int ReasonHttpStatus(Reason reason);
// Whether the same call may succeed later without anybody's help.
bool ReasonRetryable(Reason reason);
// Every reason, kNone included, in the order of their numbers; for tables and for tests that none
// is missing.
std::span<const Reason> AllReasons();

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_REASON_H_
