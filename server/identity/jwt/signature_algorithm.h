#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_SIGNATURE_ALGORITHM_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_SIGNATURE_ALGORITHM_H_

#include <optional>
#include <span>
#include <string_view>

namespace leasehold {

// The algorithms of RFC 7518 and RFC 8037 by which a token may be signed. `none` and the HMAC ones
// are not among them: where there is no public key, whoever can check a token can make one.
enum class SignatureAlgorithm {
  kRs256,
  kRs384,
  kRs512,
  kPs256,
  kPs384,
  kPs512,
  kEs256,
  kEs384,
  kEs512,
  kEdDsa,  // with Ed25519
};

// What an algorithm is made of. Names are those of JOSE and of OpenSSL.
struct AlgorithmFacts {
  SignatureAlgorithm algorithm;
  std::string_view name;      // "RS256"
  std::string_view key_type;  // `kty`
  std::string_view curve;     // `crv`; empty for RSA
  const char* digest;         // null where the algorithm has its own
  bool pss;
  int coordinate_bytes;  // of r and s each, for the ES algorithms
};

std::span<const AlgorithmFacts> AllAlgorithms();
const AlgorithmFacts& FactsOf(SignatureAlgorithm algorithm);
// nullopt for what is none of them, `none` and `HS256` among it.
std::optional<SignatureAlgorithm> ParseAlgorithm(std::string_view name);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_SIGNATURE_ALGORITHM_H_
