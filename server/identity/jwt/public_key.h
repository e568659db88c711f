#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_PUBLIC_KEY_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_PUBLIC_KEY_H_

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "server/identity/jwt/signature_algorithm.h"

namespace leasehold {

// OpenSSL keys out of the numbers of a JSON Web Key, and their signatures. Safe from any thread.
// Numbers are big-endian bytes. Null where they make no key.

std::shared_ptr<EVP_PKEY> RsaPublicKey(std::string_view modulus, std::string_view exponent);
// `curve` is "P-256", "P-384" or "P-521"; the point must lie on it.
std::shared_ptr<EVP_PKEY> EcPublicKey(const std::string& curve, std::string_view x,
                                      std::string_view y);
std::shared_ptr<EVP_PKEY> Ed25519PublicKey(std::string_view x);

int BitsOf(const EVP_PKEY& key);

// Whether `signature`, in the form of RFC 7518, is that of `key` over `text`. The key is of the
// algorithm's type.
bool SignatureVerifies(EVP_PKEY* key, const AlgorithmFacts& algorithm, std::string_view text,
                       std::string_view signature);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_PUBLIC_KEY_H_
