#ifndef LEASEHOLD_SERVER_IDENTITY_ISSUED_CALLERS_H_
#define LEASEHOLD_SERVER_IDENTITY_ISSUED_CALLERS_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/principal.h"
#include "server/identity/jwt/jwt_verifier.h"
#include "server/leases/ledger_clock.h"
#include "server/leases/published_state.h"

namespace leasehold {

// Callers who are known by the word of an issuer: agents and people with a JSON Web Token, and
// people in the session that one gave them. Errors have "method" in their metadata. Safe from any
// thread; the arguments must outlive it.
class IssuedCallers {
 public:
  // Without a verifier no JSON Web Token counts; sessions do until they end.
  IssuedCallers(const PublishedState& published, LedgerClock& clock, JwtVerifier* verifier)
      : published_(published), clock_(clock), verifier_(verifier) {}

  // Whether a bearer token is one of these, valid or not.
  static bool Takes(std::string_view token);

  // See JwtVerifier::Verify and Authenticator::Authenticate. The principal has no address yet.
  absl::StatusOr<Principal> From(std::string_view token) const;

 private:
  absl::StatusOr<Principal> FromJwt(std::string_view token) const;
  absl::StatusOr<Principal> FromSession(std::string_view token) const;

  const PublishedState& published_;
  LedgerClock& clock_;
  JwtVerifier* const verifier_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_ISSUED_CALLERS_H_
