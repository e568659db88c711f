#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/http_path.h"
#include "server/policy/target_parts.h"

namespace leasehold {
namespace {

// RFC 1035: a name of at most 253 characters, labels of at most 63.
constexpr size_t kHostBytesMax = 253;
constexpr size_t kLabelBytesMax = 63;
// Longer than any base URL that people write; with the request's own path it stays below what
// common servers accept.
constexpr size_t kPrefixBytesMax = 512;

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

absl::Status Refuse(std::string_view offence) {
  return Error(Reason::kInvalidArgument,
               StrCat("base_url ", offence, "; write http(s)://host[:port][/prefix]"));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsLabel(std::string_view label) {
  if (label.empty() || label.size() > kLabelBytesMax) return false;
  if (label.front() == '-' || label.back() == '-') return false;
  return std::all_of(label.begin(), label.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || IsDigit(c) || c == '-' || c == '_';
  });
}

bool IsIpv4(const std::string& host) {
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1;
}

absl::Status CheckHost(const std::string& host) {
  if (host.empty()) return Refuse("has no host");
  if (host.size() > kHostBytesMax) return Refuse("has a host of more than 253 bytes");
  std::string_view rest = host;
  std::string_view label;
  while (true) {
    const size_t dot = rest.find('.');
    label = rest.substr(0, dot);
    if (!IsLabel(label)) {
      return Refuse("has a host that is not a DNS name in lower case or an address");
    }
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  // A resolver reads 127.1, 2130706433 and 0x7f.0.0.1 as addresses, so a last label that looks
  // like a number is one, and then only dotted decimal will do.
  const bool number = std::all_of(label.begin(), label.end(), IsDigit) || label.starts_with("0x");
  if (number && !IsIpv4(host)) return Refuse("has an IPv4 address that is not in dotted decimal");
  return absl::OkStatus();
}

absl::StatusOr<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto [parsed, error] = std::from_chars(text.data(), end, port);
  if (error != std::errc() || parsed != end || port == 0 || text.front() == '0') {
    return Refuse("has a port that is not 1 to 65535");
  }
  return port;
}

// Takes "[v6]" or "host" from the front of `rest`.
absl::StatusOr<std::string> TakeHost(std::string_view* rest) {
  if (!rest->starts_with('[')) {
    std::string host(rest->substr(0, rest->find(':')));
    rest->remove_prefix(host.size());
    RETURN_IF_ERROR(CheckHost(host));
    return host;
  }
  const size_t close = rest->find(']');
  if (close == std::string_view::npos) return Refuse("has a '[' without ']'");
  std::string host(rest->substr(1, close - 1));
  rest->remove_prefix(close + 1);
  in6_addr address{};
  const bool lower =
      std::none_of(host.begin(), host.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!lower || inet_pton(AF_INET6, host.c_str(), &address) != 1) {
    return Refuse("has brackets around what is not an IPv6 address in lower case");
  }
  if (IN6_IS_ADDR_V4MAPPED(&address)) {
    return Refuse("has an IPv4 address written as IPv6; write it in dotted decimal");
  }
  return host;
}

}  // namespace

absl::StatusOr<TargetUrl> ParseTargetUrl(std::string_view text) {
  TargetUrl url;
  if (text.starts_with("https://")) {
    url.tls = true;
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
  } else {
    return Refuse("does not start with http:// or https://");
  }
  if (text.find_first_of("?#") != std::string_view::npos) return Refuse("has a query or fragment");
  const size_t slash = std::min(text.find('/'), text.size());
  std::string_view authority = text.substr(0, slash);
  std::string_view prefix = text.substr(slash);
  if (authority.find('@') != std::string_view::npos) {
    return Refuse("has a user before '@', where secrets do not belong");
  }
  ASSIGN_OR_RETURN(url.host, TakeHost(&authority));
  url.port = url.tls ? kHttpsPort : kHttpPort;
  if (!authority.empty()) {
    if (authority.front() != ':' || authority.size() == 1) {
      return Refuse("has something other than a port after the host");
    }
    ASSIGN_OR_RETURN(url.port, ParsePort(authority.substr(1)));
  }
  if (prefix.ends_with('/')) prefix.remove_suffix(1);
  if (prefix.size() > kPrefixBytesMax) return Refuse("has a prefix of more than 512 bytes");
  if (!prefix.empty()) {
    if (prefix.ends_with('/')) return Refuse("has a prefix that has '//'");
    if (const auto offence = PathOffence(prefix); !offence.empty()) {
      return Refuse(StrCat("has a prefix that ", offence));
    }
  }
  url.prefix = prefix;
  return url;
}

}  // namespace leasehold
