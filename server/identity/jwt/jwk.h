#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_JWK_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_JWK_H_

#include <openssl/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/json.h"
#include "server/identity/jwt/signature_algorithm.h"

namespace leasehold {

// A public key that checks signatures, out of a JSON Web Key (RFC 7517, 7518, 8037). Immutable; its
// copies share the key; safe from any thread.
class Jwk {
 public:
  // RSA below this is refused: it can be broken with money.
  static constexpr int kRsaBitsMin = 2048;
  // Checking costs time that grows with the square; nobody signs tokens with more.
  static constexpr int kRsaBitsMax = 8192;

  // INVALID_ARGUMENT where the key is of no use here: of another type or curve, not for signatures
  // (`use`, `key_ops`), of an algorithm that is not ours (`alg`), too small, not on its curve, or
  // with its private part: whoever can read the key set could sign with that one.
  static absl::StatusOr<Jwk> Parse(const JsonValue& jwk);

  // Empty where it has none.
  const std::string& kid() const { return kid_; }
  // Whether the key's type, curve and `alg` are for this algorithm.
  bool Allows(SignatureAlgorithm algorithm) const;
  // Whether `signature` is this key's over `text` by `algorithm`, which it allows.
  bool Verifies(SignatureAlgorithm algorithm, std::string_view text,
                std::string_view signature) const;

 private:
  Jwk() = default;

  std::string kid_;
  std::string key_type_;
  std::string curve_;
  std::optional<SignatureAlgorithm> only_;  // `alg`
  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_JWK_H_
