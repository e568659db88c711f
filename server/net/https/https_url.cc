#include "server/net/https/https_url.h"

#include <algorithm>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kScheme = "https://";
constexpr size_t kUrlBytesMax = 2048;

absl::Status Invalid(std::string_view why) {
  return Error(Reason::kInvalidArgument, StrCat("the URL ", why));
}

bool IsHostCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == ':';  // of IPv6
}

}  // namespace

absl::StatusOr<HttpsUrl> HttpsUrl::Parse(std::string_view text) {
  if (text.size() > kUrlBytesMax) return Invalid(StrCat("has more than ", kUrlBytesMax, " bytes"));
  if (!text.starts_with(kScheme)) return Invalid("does not begin with https://");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; }) ||
      text.find_first_of("#\\\"<>") != std::string_view::npos) {
    return Invalid("has a fragment, or a character that has to be percent-encoded");
  }
  text.remove_prefix(kScheme.size());
  const size_t end = std::min(text.find_first_of("/?"), text.size());
  HttpsUrl url;
  url.authority = text.substr(0, end);
  if (end < text.size()) {
    url.target = StrCat(text[end] == '?' ? "/" : "", text.substr(end));
  }
  std::string_view host = url.authority;
  const size_t colon = host.rfind(':');
  if (colon != std::string_view::npos && host.find(']', colon) == std::string_view::npos) {
    url.port = host.substr(colon + 1);
    host = host.substr(0, colon);
    if (url.port.empty() || url.port.size() > 5 ||
        url.port.find_first_not_of("0123456789") != std::string::npos) {
      return Invalid("has no number as its port");
    }
  }
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  if (host.empty() || !std::all_of(host.begin(), host.end(), IsHostCharacter)) {
    return Invalid("has no host, or more than one in front of its path");
  }
  url.host = host;
  return url;
}

}  // namespace leasehold
