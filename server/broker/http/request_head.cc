#include "server/broker/http/request_head.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/http_methods.h"
#include "server/policy/http_path.h"

namespace leasehold {
namespace {

// 10^18 bytes; a longer number could overflow in the next parser.
constexpr size_t kLengthDigitsMax = 18;

constexpr std::string_view kTargetsPrefix = "/t/";

// Frameworks that see one of these act on another method or path than the one that was judged.
constexpr std::array<std::string_view, 5> kOverrides = {"x-http-method-override", "x-http-method",
                                                        "x-method-override", "x-original-url",
                                                        "x-rewrite-url"};

absl::Status Refuse(std::string_view sentence) { return Error(Reason::kInvalidArgument, sentence); }

absl::Status NotATarget() {
  return Error(Reason::kNotFound,
               "there is nothing at this path; requests go to /t/{target}/ followed by the path at "
               "the target");
}

bool IsHexDigit(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// The query is passed on and not judged, so any visible character may stand in it.
std::string_view QueryOffence(std::string_view query) {
  for (size_t i = 0; i < query.size(); ++i) {
    const auto byte = static_cast<uint8_t>(query[i]);
    if (byte <= 0x20 || byte >= 0x7f) return "has a character that must be percent-encoded";
    if (byte == '#') return "has a fragment, which is not for servers";
    if (byte != '%') continue;
    if (i + 2 >= query.size() || !IsHexDigit(query[i + 1]) || !IsHexDigit(query[i + 2])) {
      return "has a '%' without two hex digits after it";
    }
  }
  return {};
}

absl::Status ParseRequestTarget(std::string_view text, RequestHead* head) {
  if (text.empty() || text[0] != '/') {
    return Refuse(
        "the request target must be a path; absolute URLs, authorities and '*' are for proxies");
  }
  const size_t question = std::min(text.find('?'), text.size());
  const std::string_view path = text.substr(0, question);
  head->query = text.substr(question);
  if (const auto offence = PathOffence(path); !offence.empty()) {
    return Refuse(StrCat("the path ", offence, "; it is refused rather than repaired"));
  }
  if (const auto offence = QueryOffence(head->query); !offence.empty()) {
    return Refuse(StrCat("the query ", offence));
  }
  if (path.substr(0, kTargetsPrefix.size()) != kTargetsPrefix) return NotATarget();
  const size_t slash = path.find('/', kTargetsPrefix.size());
  if (slash == std::string_view::npos) return NotATarget();
  head->target = path.substr(kTargetsPrefix.size(), slash - kTargetsPrefix.size());
  head->path = path.substr(slash);
  if (head->target.empty()) return NotATarget();
  return absl::OkStatus();
}

// "GET /t/github/user HTTP/1.1" without CRLF.
absl::Status ParseRequestLine(std::string_view line, RequestHead* head) {
  const size_t first = line.find(' ');
  const size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos || line.find(' ', second + 1) != std::string_view::npos) {
    return Refuse("the request line is not method, path and version with one blank between them");
  }
  head->method = line.substr(0, first);
  if (!IsUsableMethod(head->method)) {
    return Refuse(
        "the method is not one that can be judged: 1 to 32 capitals, '-' or '_', and neither "
        "CONNECT nor TRACE");
  }
  if (line.substr(second + 1) != "HTTP/1.1") return Refuse("the version must be HTTP/1.1");
  return ParseRequestTarget(line.substr(first + 1, second - first - 1), head);
}

absl::Status ParseContentLength(std::string_view value, BodyLength* body) {
  const bool digits =
      !value.empty() && value.size() <= kLengthDigitsMax &&
      std::all_of(value.begin(), value.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits) return Refuse("Content-Length must be one decimal number of at most 18 digits");
  body->bytes = 0;
  for (const char c : value) body->bytes = body->bytes * 10 + static_cast<uint64_t>(c - '0');
  body->kind = BodyLength::Kind::kLength;
  return absl::OkStatus();
}

// host[:port]; IPv6 in brackets.
bool IsHostValue(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._~:[]").find(c) != std::string_view::npos;
  });
}

// How often the fields that may stand once were seen.
struct Seen {
  int host = 0;
  int content_length = 0;
  int transfer_encoding = 0;
};

absl::Status ReadConnection(std::string_view value, RequestHead* head) {
  ForEachListElement(value, [head](std::string_view option) {
    if (SameToken(option, "close")) head->keep_alive = false;
    head->hop_names.push_back(option);
  });
  if (head->hop_names.size() > kFieldsMax) return Refuse("Connection names too many fields");
  return absl::OkStatus();
}

absl::Status ReadUpgrade(std::string_view value) {
  // Some clients offer h2c with every request and are content when nobody takes it up.
  bool other = false;
  ForEachListElement(value, [&other](std::string_view protocol) {
    if (!SameToken(protocol, "h2c")) other = true;
  });
  if (other) return Refuse("Upgrade to another protocol is not supported here");
  return absl::OkStatus();
}

absl::Status ReadField(const Field& field, RequestHead* head, Seen* seen) {
  const std::string_view name = field.name;
  if (SameToken(name, "host")) {
    ++seen->host;
    if (!IsHostValue(field.value)) return Refuse("Host must be host or host:port");
    return absl::OkStatus();
  }
  if (SameToken(name, "content-length")) {
    ++seen->content_length;
    return ParseContentLength(field.value, &head->body);
  }
  if (SameToken(name, "transfer-encoding")) {
    ++seen->transfer_encoding;
    if (SameToken(field.value, "chunked")) return absl::OkStatus();
    return Refuse("Transfer-Encoding must be chunked and nothing else");
  }
  if (SameToken(name, "connection")) return ReadConnection(field.value, head);
  if (SameToken(name, "upgrade")) return ReadUpgrade(field.value);
  if (SameToken(name, "expect")) {
    if (!SameToken(field.value, "100-continue")) {
      return Refuse("Expect may only ask for 100-continue");
    }
    head->expects_continue = true;
    return absl::OkStatus();
  }
  for (const std::string_view dangerous : kOverrides) {
    if (SameName(name, dangerous)) {
      return Refuse(StrCat(dangerous, " would change the request after it was judged"));
    }
  }
  for (const std::string_view framing : {"host", "content-length", "transfer-encoding"}) {
    if (SameName(name, framing)) return Refuse(StrCat("a field looks like ", framing));
  }
  return absl::OkStatus();
}

}  // namespace

const Field* RequestHead::Find(std::string_view name) const {
  for (const Field& field : fields) {
    if (SameName(field.name, name)) return &field;
  }
  return nullptr;
}

absl::Status ParseRequestHead(std::string_view bytes, RequestHead* head) {
  head->hop_names.clear();
  head->body = {};
  head->keep_alive = true;
  head->expects_continue = false;
  const size_t line_end = bytes.find("\r\n");
  if (line_end == std::string_view::npos || bytes.size() < line_end + 4) {
    return Refuse("the head does not end");
  }
  RETURN_IF_ERROR(ParseRequestLine(bytes.substr(0, line_end), head));
  const std::string_view lines = bytes.substr(line_end + 2, bytes.size() - line_end - 4);
  if (const auto offence = ParseFieldLines(lines, ValueBytes::kAscii, &head->fields);
      !offence.empty()) {
    return Refuse(StrCat("the head has ", offence));
  }
  Seen seen;
  for (const Field& field : head->fields) RETURN_IF_ERROR(ReadField(field, head, &seen));
  if (seen.host != 1) return Refuse("there must be exactly one Host field");
  if (seen.content_length > 1) return Refuse("there must be at most one Content-Length field");
  if (seen.transfer_encoding > 1)
    return Refuse("there must be at most one Transfer-Encoding field");
  if (seen.transfer_encoding == 1) {
    if (seen.content_length > 0) {
      return Refuse("Content-Length and Transfer-Encoding exclude each other");
    }
    head->body.kind = BodyLength::Kind::kChunked;
  }
  return absl::OkStatus();
}

}  // namespace leasehold
