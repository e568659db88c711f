#ifndef LEASEHOLD_TESTS_SUPPORT_SIGNING_KEY_H_
#define LEASEHOLD_TESTS_SUPPORT_SIGNING_KEY_H_

#include <openssl/types.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

#include "server/identity/jwt/signature_algorithm.h"

namespace leasehold {

// An issuer's private key, made anew in each run, and the tokens that it signs.
class SigningKey {
 public:
  SigningKey(SignatureAlgorithm algorithm, std::string kid, unsigned rsa_bits = 2048);

  const std::string& kid() const { return kid_; }
  // The public part as a JSON Web Key; `more` is put behind its members: R"(,"use":"sig")".
  std::string Jwk(std::string_view more = "") const;
  // A compact token of claims in JSON, with the header that belongs to the key.
  std::string Token(std::string_view claims) const;
  // The same with a header of the caller's, whatever it says.
  std::string TokenWithHeader(std::string_view header, std::string_view claims) const;
  // The bytes of the public key, as an attacker takes them for a shared secret.
  std::string PublicPem() const;

 private:
  std::string Sign(std::string_view text) const;
  std::string Number(const char* name, int size) const;

  const AlgorithmFacts& facts_;
  const std::string kid_;
  const std::shared_ptr<EVP_PKEY> key_;
};

std::string KeySet(std::initializer_list<const SigningKey*> keys);
// "head.claims" in base64url.
std::string SignedText(std::string_view header, std::string_view claims);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_SIGNING_KEY_H_
