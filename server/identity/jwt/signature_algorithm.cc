#include "server/identity/jwt/signature_algorithm.h"

#include <array>
#include <cstddef>

namespace leasehold {
namespace {

// In the order of the enumeration.
constexpr auto kAlgorithms = std::to_array<AlgorithmFacts>({
    {SignatureAlgorithm::kRs256, "RS256", "RSA", "", "SHA256", false, 0},
    {SignatureAlgorithm::kRs384, "RS384", "RSA", "", "SHA384", false, 0},
    {SignatureAlgorithm::kRs512, "RS512", "RSA", "", "SHA512", false, 0},
    {SignatureAlgorithm::kPs256, "PS256", "RSA", "", "SHA256", true, 0},
    {SignatureAlgorithm::kPs384, "PS384", "RSA", "", "SHA384", true, 0},
    {SignatureAlgorithm::kPs512, "PS512", "RSA", "", "SHA512", true, 0},
    {SignatureAlgorithm::kEs256, "ES256", "EC", "P-256", "SHA256", false, 32},
    {SignatureAlgorithm::kEs384, "ES384", "EC", "P-384", "SHA384", false, 48},
    {SignatureAlgorithm::kEs512, "ES512", "EC", "P-521", "SHA512", false, 66},
    {SignatureAlgorithm::kEdDsa, "EdDSA", "OKP", "Ed25519", nullptr, false, 0},
});

}  // namespace

std::span<const AlgorithmFacts> AllAlgorithms() { return kAlgorithms; }

const AlgorithmFacts& FactsOf(SignatureAlgorithm algorithm) {
  return kAlgorithms[static_cast<size_t>(algorithm)];
}

std::optional<SignatureAlgorithm> ParseAlgorithm(std::string_view name) {
  for (const AlgorithmFacts& facts : kAlgorithms) {
    if (facts.name == name) return facts.algorithm;
  }
  return std::nullopt;
}

}  // namespace leasehold
