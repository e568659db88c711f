#include "server/broker/http/presented_handle.h"

#include <utility>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"

namespace leasehold {
namespace {

constexpr std::string_view kAuthorization = "authorization";
constexpr std::string_view kApiKey = "x-api-key";

absl::Status NotAHandle() {
  return Error(Reason::kUnauthenticated,
               "the credential is not a handle of this broker; put the handle (lhb_...) of a lease "
               "where the key would go");
}

absl::Status TwoCredentials() {
  return Error(Reason::kInvalidArgument,
               "the request carries more than one credential; send the handle once");
}

absl::StatusOr<std::string> CheckKind(std::string_view text) {
  const auto kind = TokenKindOf(text);
  if (!kind.has_value()) return NotAHandle();
  switch (*kind) {
    case TokenKind::kBrokerHandle:
      return std::string(text);
    case TokenKind::kLeaseToken:
      return Error(Reason::kTokenMalformed,
                   "this is a lease token, not a handle; put the lease's handle (lhb_...) where "
                   "the key would go");
    case TokenKind::kAgentToken:
      return Error(Reason::kTokenMalformed,
                   "this is an agent token, which proves who the agent is and is not for the "
                   "broker; take a lease and use its handle (lhb_...)");
    default:
      return NotAHandle();
  }
}

// Either half may hold the handle: some vendors take the key as user, some as password.
absl::StatusOr<std::string> FromBasic(std::string_view encoded) {
  std::string decoded;
  if (!Base64Decode(encoded, &decoded)) return NotAHandle();
  const size_t colon = decoded.find(':');
  if (colon == std::string::npos) return NotAHandle();
  const std::string_view user = std::string_view(decoded).substr(0, colon);
  const std::string_view password = std::string_view(decoded).substr(colon + 1);
  if (TokenKindOf(user).has_value()) {
    if (TokenKindOf(password).has_value()) return TwoCredentials();
    return CheckKind(user);
  }
  return CheckKind(password);
}

absl::StatusOr<std::string> FromAuthorization(std::string_view value) {
  const size_t blank = value.find(' ');
  if (blank == std::string_view::npos) return NotAHandle();
  const std::string_view scheme = value.substr(0, blank);
  std::string_view rest = value.substr(blank);
  while (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  if (SameToken(scheme, "basic")) return FromBasic(rest);
  if (SameToken(scheme, "bearer") || SameToken(scheme, "token")) return CheckKind(rest);
  return NotAHandle();
}

bool IsTokenCharacter(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
         c == '-';
}

// Whether a token of ours with a right checksum stands anywhere but in `credential`, a view into
// `head_bytes`; what only looks like one gives nothing away. A token ends where its characters do,
// so each run of them is looked at once, from its end: a head full of beginnings ("lha_lha_...")
// costs no more than another.
bool HasStrayToken(std::string_view head_bytes, std::string_view credential) {
  for (size_t at = 0; at < head_bytes.size(); ++at) {
    const size_t start = at;
    while (at < head_bytes.size() && IsTokenCharacter(head_bytes[at])) ++at;
    const char* place = head_bytes.data() + start;
    // A value ends at characters that no token has, so a run is inside it or outside.
    const bool inside = place >= credential.data() && place < credential.data() + credential.size();
    if (!inside && EndsInToken(head_bytes.substr(start, at - start))) return true;
  }
  return false;
}

}  // namespace

absl::StatusOr<std::string> FindHandle(const RequestHead& head, std::string_view head_bytes) {
  const Field* credential = nullptr;
  for (const Field& field : head.fields) {
    if (!IsAgentCredential(field.name)) continue;
    if (credential != nullptr) return TwoCredentials();
    credential = &field;
  }
  if (HasStrayToken(head_bytes, credential != nullptr ? credential->value : std::string_view())) {
    return Error(Reason::kInvalidArgument,
                 "a token stands where it would be forwarded to the target; send the handle once, "
                 "as the credential");
  }
  if (credential == nullptr) {
    return Error(Reason::kUnauthenticated,
                 "there is no credential; put the handle (lhb_...) of a lease where the key would "
                 "go: Authorization (Bearer or Basic) or X-Api-Key");
  }
  if (SameName(credential->name, kAuthorization)) return FromAuthorization(credential->value);
  return CheckKind(credential->value);
}

bool IsAgentCredential(std::string_view field_name) {
  return SameName(field_name, kAuthorization) || SameName(field_name, kApiKey);
}

}  // namespace leasehold
