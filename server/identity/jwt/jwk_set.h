#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_JWK_SET_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_JWK_SET_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"
#include "server/identity/jwt/jwk.h"

namespace leasehold {

// The keys of an issuer (RFC 7517 section 5). Immutable.
class JwkSet {
 public:
  // A set of the limit's keys of 8,192 bits fits.
  static constexpr size_t kBytesMax = 1 << 20;
  // Issuers have two or three at a time; what has more is no key set of an issuer.
  static constexpr size_t kKeysMax = 64;

  // Keys that are of no use here (see Jwk::Parse) are left out, as the RFC asks. INVALID_ARGUMENT
  // where that leaves none, TOO_LARGE above the limits.
  static absl::StatusOr<JwkSet> Parse(std::string_view text);

  // The key with that kid for that algorithm; of several the first. Without a kid the only key for
  // the algorithm, if it is the only one. Else null.
  const Jwk* Find(std::string_view kid, SignatureAlgorithm algorithm) const;

  // Whether there is a key of that kid, for whatever algorithm.
  bool Has(std::string_view kid) const;

  size_t size() const { return keys_.size(); }
  size_t unusable() const { return unusable_; }
  // Of the text: equal where nothing changed.
  const Hash& hash() const { return hash_; }

 private:
  JwkSet() = default;

  std::vector<Jwk> keys_;
  size_t unusable_ = 0;
  Hash hash_{};
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_JWK_SET_H_
