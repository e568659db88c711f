#include "server/identity/jwt/jwk.h"

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/identity/jwt/public_key.h"

namespace leasehold {
namespace {

absl::Status Unusable(std::string_view why) {
  return Error(Reason::kInvalidArgument, StrCat("the key ", why));
}

// A member that is a string where it is there.
absl::StatusOr<std::string> OptionalText(const JsonValue& jwk, std::string_view name) {
  const JsonValue* const member = jwk.Find(name);
  if (member == nullptr) return std::string();
  if (!member->is_string()) return Unusable(StrCat("has a \"", name, "\" that is no string"));
  return member->text();
}

// A member that is bytes in base64url.
absl::StatusOr<std::string> Bytes(const JsonValue& jwk, std::string_view name) {
  ASSIGN_OR_RETURN(const std::string text, OptionalText(jwk, name));
  std::string bytes;
  if (text.empty() || !Base64UrlDecode(text, &bytes)) {
    return Unusable(StrCat("has no \"", name, "\" in base64url"));
  }
  return bytes;
}

// RFC 7517: where `use` or `key_ops` is there, it must be for checking signatures.
absl::Status CheckPurpose(const JsonValue& jwk) {
  ASSIGN_OR_RETURN(const std::string use, OptionalText(jwk, "use"));
  if (!use.empty() && use != "sig") return Unusable("is not for signatures");
  const JsonValue* const operations = jwk.Find("key_ops");
  if (operations == nullptr) return absl::OkStatus();
  for (const JsonValue& operation : operations->items()) {
    if (operation.is_string() && operation.text() == "verify") return absl::OkStatus();
  }
  return Unusable("is not for checking signatures");
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> ParseRsa(const JsonValue& jwk) {
  ASSIGN_OR_RETURN(const std::string modulus, Bytes(jwk, "n"));
  ASSIGN_OR_RETURN(const std::string exponent, Bytes(jwk, "e"));
  // Looked at before OpenSSL makes a key: the bits that count, and an exponent that is none of
  // those that make checking slow or meaningless.
  if (modulus.size() > Jwk::kRsaBitsMax / 8 + 1 || exponent.size() > 4 ||
      (exponent.size() == 1 && static_cast<unsigned char>(exponent[0]) < 3) ||
      (exponent.back() & 1) == 0) {
    return Unusable("is RSA of a size or exponent that nobody uses");
  }
  std::shared_ptr<EVP_PKEY> key = RsaPublicKey(modulus, exponent);
  if (key == nullptr) return Unusable("is no RSA key");
  if (BitsOf(*key) < Jwk::kRsaBitsMin || BitsOf(*key) > Jwk::kRsaBitsMax) {
    return Unusable(StrCat("is RSA of ", BitsOf(*key), " bits; ", Jwk::kRsaBitsMin, " to ",
                           Jwk::kRsaBitsMax, " are right"));
  }
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> ParseEc(const JsonValue& jwk, const std::string& curve,
                                                  size_t coordinate_bytes) {
  ASSIGN_OR_RETURN(const std::string x, Bytes(jwk, "x"));
  ASSIGN_OR_RETURN(const std::string y, Bytes(jwk, "y"));
  if (x.size() != coordinate_bytes || y.size() != coordinate_bytes) {
    return Unusable("has coordinates of another curve's length");
  }
  std::shared_ptr<EVP_PKEY> key = EcPublicKey(curve, x, y);
  if (key == nullptr) return Unusable("is not on its curve");
  return key;
}

absl::StatusOr<std::shared_ptr<EVP_PKEY>> ParseEd25519(const JsonValue& jwk) {
  ASSIGN_OR_RETURN(const std::string x, Bytes(jwk, "x"));
  std::shared_ptr<EVP_PKEY> key = x.size() == 32 ? Ed25519PublicKey(x) : nullptr;
  if (key == nullptr) return Unusable("is no Ed25519 key");
  return key;
}

// The first algorithm of that type and curve.
const AlgorithmFacts* FindKind(std::string_view key_type, std::string_view curve) {
  for (const AlgorithmFacts& facts : AllAlgorithms()) {
    if (facts.key_type == key_type && facts.curve == curve) return &facts;
  }
  return nullptr;
}

}  // namespace

absl::StatusOr<Jwk> Jwk::Parse(const JsonValue& jwk) {
  if (!jwk.is_object()) return Unusable("is no JSON object");
  Jwk parsed;
  ASSIGN_OR_RETURN(parsed.kid_, OptionalText(jwk, "kid"));
  ASSIGN_OR_RETURN(parsed.key_type_, OptionalText(jwk, "kty"));
  if (parsed.key_type_ != "RSA") {
    ASSIGN_OR_RETURN(parsed.curve_, OptionalText(jwk, "crv"));
  }
  const AlgorithmFacts* const kind = FindKind(parsed.key_type_, parsed.curve_);
  if (kind == nullptr) return Unusable("is of a type or curve that is not used here");
  if (jwk.Find("d") != nullptr) {
    return Unusable("comes with its private part, so that anybody could sign with it");
  }
  RETURN_IF_ERROR(CheckPurpose(jwk));
  ASSIGN_OR_RETURN(const std::string algorithm, OptionalText(jwk, "alg"));
  if (!algorithm.empty()) {
    parsed.only_ = ParseAlgorithm(algorithm);
    if (!parsed.only_.has_value()) return Unusable("is for an algorithm that is not used here");
  }
  if (parsed.key_type_ == "RSA") {
    ASSIGN_OR_RETURN(parsed.key_, ParseRsa(jwk));
  } else if (parsed.key_type_ == "EC") {
    ASSIGN_OR_RETURN(parsed.key_,
                     ParseEc(jwk, parsed.curve_, static_cast<size_t>(kind->coordinate_bytes)));
  } else {
    ASSIGN_OR_RETURN(parsed.key_, ParseEd25519(jwk));
  }
  return parsed;
}

bool Jwk::Allows(SignatureAlgorithm algorithm) const {
  const AlgorithmFacts& facts = FactsOf(algorithm);
  return facts.key_type == key_type_ && facts.curve == curve_ &&
         (!only_.has_value() || *only_ == algorithm);
}

bool Jwk::Verifies(SignatureAlgorithm algorithm, std::string_view text,
                   std::string_view signature) const {
  return Allows(algorithm) && SignatureVerifies(key_.get(), FactsOf(algorithm), text, signature);
}

}  // namespace leasehold
