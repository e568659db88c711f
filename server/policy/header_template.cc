#include <algorithm>
#include <array>
#include <string>

#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/target_parts.h"

namespace leasehold {
namespace {

constexpr size_t kHeaderBytesMax = 64;
// The fixed part around a credential is short; the rest would be content, not authentication.
constexpr size_t kTemplateBytesMax = 1024;

// In lower case. They frame the message, choose its receiver, or concern one connection only, so
// setting them could make the upstream read another request than the one that was judged.
constexpr std::array<std::string_view, 14> kForbidden = {
    "connection", "content-length",   "content-type",        "expect",
    "host",       "http2-settings",   "keep-alive",          "proxy-authenticate",
    "te",         "proxy-connection", "proxy-authorization", "trailer",
    "upgrade",    "transfer-encoding"};
constexpr std::string_view kOurPrefix = "x-leasehold-";

absl::Status Refuse(std::string_view key, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat("injection.header.", key, " ", offence));
}

// RFC 9110's token.
bool IsTokenCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

absl::Status CheckHeaderName(std::string_view header) {
  if (header.empty()) return Refuse("name", "is missing");
  if (header.size() > kHeaderBytesMax) return Refuse("name", "has more than 64 bytes");
  if (!std::all_of(header.begin(), header.end(), IsTokenCharacter)) {
    return Refuse("name", "has a character that no header's name may have");
  }
  std::string lower(header);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (std::find(kForbidden.begin(), kForbidden.end(), lower) != kForbidden.end() ||
      lower.starts_with(kOurPrefix)) {
    return Refuse("name", StrCat("is ", header, ", which is not for credentials"));
  }
  return absl::OkStatus();
}

absl::Status CheckLiteral(std::string_view literal) {
  if (literal.find('}') != std::string_view::npos) {
    return Refuse("template", "has a '}' without '{' before it");
  }
  const bool visible =
      std::all_of(literal.begin(), literal.end(), [](char c) { return c >= ' ' && c < 0x7f; });
  if (!visible) return Refuse("template", "has a character that is not visible ASCII or a blank");
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckFieldName(std::string_view field, std::string_view what) {
  ASSIGN_OR_RETURN(const Name name, Name::Parse(field, what));
  if (name.value().find('/') != std::string::npos) {
    return Error(Reason::kInvalidArgument, StrCat(what, " has a '/'; a field's name has none"));
  }
  return absl::OkStatus();
}

absl::StatusOr<HeaderTemplate> ParseHeaderTemplate(std::string_view header,
                                                   std::string_view value) {
  RETURN_IF_ERROR(CheckHeaderName(header));
  if (value.size() > kTemplateBytesMax) return Refuse("template", "has more than 1024 bytes");
  // HTTP drops blanks at the ends, so they would not arrive.
  if (value.starts_with(' ') || value.ends_with(' ')) {
    return Refuse("template", "starts or ends with a blank");
  }
  HeaderTemplate out;
  out.header = header;
  bool has_field = false;
  while (!value.empty()) {
    const size_t open = value.find('{');
    const std::string_view literal = value.substr(0, open);
    RETURN_IF_ERROR(CheckLiteral(literal));
    if (!literal.empty()) out.pieces.push_back({false, std::string(literal)});
    if (open == std::string_view::npos) break;
    const size_t close = value.find('}', open);
    if (close == std::string_view::npos) return Refuse("template", "has a '{' without '}'");
    const std::string_view field = value.substr(open + 1, close - open - 1);
    RETURN_IF_ERROR(CheckFieldName(field, "injection.header.template: the field in braces"));
    out.pieces.push_back({true, std::string(field)});
    has_field = true;
    value.remove_prefix(close + 1);
  }
  if (!has_field) {
    return Refuse("template", "names no field; write for example \"Bearer {value}\"");
  }
  return out;
}

}  // namespace leasehold
