#include "server/identity/jwt/jws.h"

#include <array>

#include "absl/strings/ascii.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

absl::Status Rejected(std::string_view why) {
  return Error(Reason::kTokenRejected, StrCat("the JSON Web Token ", why));
}

absl::StatusOr<JsonValue> DecodeObject(std::string_view part, std::string_view what) {
  std::string text;
  if (!Base64UrlDecode(part, &text)) return Rejected(StrCat("is not base64url in its ", what));
  absl::StatusOr<JsonValue> json = JsonValue::Parse(text, {.bytes_max = kJwtBytesMax}, what);
  if (!json.ok()) return Rejected(StrCat("is refused: ", json.status().message()));
  if (!json->is_object()) return Rejected(StrCat("has no JSON object as its ", what));
  return json;
}

// Lenient in what issuers write, strict in that a token for another purpose is none for this one.
bool IsTypeOfTokens(const JsonValue& type) {
  constexpr std::array<std::string_view, 4> kTypes = {"jwt", "application/jwt", "at+jwt",
                                                      "application/at+jwt"};
  const std::string lower = absl::AsciiStrToLower(type.text());
  for (const std::string_view known : kTypes) {
    if (lower == known) return true;
  }
  return false;
}

absl::Status ReadHeader(const JsonValue& header, Jws* jws) {
  const JsonValue* const algorithm = header.Find("alg");
  if (algorithm == nullptr || !algorithm->is_string()) return Rejected("names no algorithm");
  const auto known = ParseAlgorithm(algorithm->text());
  if (!known.has_value()) {
    return Rejected("is not signed with a public-key algorithm that is used here");
  }
  jws->algorithm = *known;
  if (header.Find("crit") != nullptr) return Rejected("demands an extension (crit)");
  const JsonValue* const type = header.Find("typ");
  if (type != nullptr && !IsTypeOfTokens(*type)) return Rejected("is of another type (typ)");
  if (const JsonValue* const kid = header.Find("kid"); kid != nullptr) {
    if (!kid->is_string()) return Rejected("has a kid that is no string");
    jws->kid = kid->text();
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Jws> ParseJws(std::string_view token) {
  if (token.size() > kJwtBytesMax) {
    return Rejected(StrCat("has ", token.size(), " bytes; at most ", kJwtBytesMax, " are allowed"));
  }
  const size_t first = token.find('.');
  const size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
  if (second == std::string_view::npos || token.find('.', second + 1) != std::string_view::npos) {
    return Rejected("has not three parts");
  }
  Jws jws{};
  ASSIGN_OR_RETURN(const JsonValue header, DecodeObject(token.substr(0, first), "head"));
  RETURN_IF_ERROR(ReadHeader(header, &jws));
  ASSIGN_OR_RETURN(jws.claims, DecodeObject(token.substr(first + 1, second - first - 1), "claims"));
  if (!Base64UrlDecode(token.substr(second + 1), &jws.signature) || jws.signature.empty()) {
    return Rejected("has no signature in base64url");
  }
  jws.signed_text = token.substr(0, second);
  return jws;
}

}  // namespace leasehold
