#ifndef LEASEHOLD_SERVER_IDENTITY_JWT_JWS_H_
#define LEASEHOLD_SERVER_IDENTITY_JWT_JWS_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/json.h"
#include "server/identity/jwt/signature_algorithm.h"

namespace leasehold {

// Larger tokens do not fit into the heads of common servers; nobody decodes one.
inline constexpr size_t kJwtBytesMax = 16 * 1024;

// A JSON Web Token in compact form (RFC 7515, 7519), taken apart and not checked: nothing in it is
// true before its signature is.
struct Jws {
  SignatureAlgorithm algorithm;
  std::string kid;               // empty where it names none; any characters: it is only compared
  JsonValue claims;              // an object
  std::string_view signed_text;  // of the token, which must outlive it
  std::string signature;
};

// TOKEN_REJECTED where it is too large, is not strict base64url and JSON, is not signed by one of
// our algorithms, demands to be understood otherwise (`crit`), or says that it is something else
// (`typ`). The message never quotes the token. Keys and addresses inside the token's head (`jwk`,
// `jku`, `x5u`) are not looked at.
absl::StatusOr<Jws> ParseJws(std::string_view token);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_JWT_JWS_H_
