#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_JWT_VERIFIER_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_JWT_VERIFIER_H_

#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/identity/jwt/jws.h"
#include "server/identity/jwt/jwt_issuer.h"
#include "server/identity/jwt/key_source.h"
#include "server/identity/jwt/token_cache.h"

namespace leasehold {

// Says whom a JSON Web Token stands for, if it is of a configured issuer, meant for us, in time and
// signed by one of the issuer's keys. Safe from any thread; never waits for an issuer.
class JwtVerifier {
 public:
  // Clocks of issuers and ours differ by so much.
  static constexpr absl::Duration kLeeway = absl::Seconds(60);
  // An ID token logs a person in once, which is remembered for a day.
  static constexpr absl::Duration kLoginTokenMax = absl::Hours(23);

  // CONFIG_INVALID where a rule or a file of keys is wrong.
  static absl::StatusOr<std::unique_ptr<JwtVerifier>> Start(std::vector<JwtIssuer> issuers,
                                                            const KeyTimes& times = {});

  // TOKEN_REJECTED, also of every token of the client with which people log in; CREDENTIAL_EXPIRED;
  // ISSUER_UNAVAILABLE where the issuer's keys are not at hand,
  // so that the same token may do in a moment. Tokens that verified are remembered until they end
  // or the issuer's keys change.
  absl::StatusOr<std::shared_ptr<const VerifiedJwt>> Verify(std::string_view token, absl::Time now);

  // The same of an ID token with which a person logs in: issued to the client that people use
  // there, with that nonce (an empty one: without any), and for a person with a role.
  absl::StatusOr<VerifiedJwt> VerifyLogin(std::string_view token, std::string_view nonce,
                                          absl::Time now);

  const std::vector<JwtIssuer>& issuers() const { return issuers_; }

 private:
  struct Source {
    ClaimRules rules;
    std::unique_ptr<KeySource> keys;
  };

  explicit JwtVerifier(std::vector<JwtIssuer> issuers) : issuers_(std::move(issuers)) {}
  // All but whom it stands for.
  absl::StatusOr<VerifiedJwt> Check(const Jws& jws, absl::Time now) const;

  const std::vector<JwtIssuer> issuers_;
  std::vector<Source> sources_;  // each at its issuer's place
  TokenCache cache_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_JWT_VERIFIER_H_
