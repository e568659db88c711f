#include "server/broker/http/response_head.h"

#include <algorithm>
#include <cstdint>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr size_t kLengthDigitsMax = 18;

absl::Status Refuse(std::string_view offence) {
  return Error(Reason::kTargetUnreachable, StrCat("the target's answer has ", offence));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// "HTTP/1.1 200 OK" without CRLF. Sets `http10`.
absl::Status ParseStatusLine(std::string_view line, ResponseHead* head, bool* http10) {
  constexpr size_t kShortest = std::string_view("HTTP/1.1 200").size();
  if (line.size() < kShortest || line.substr(0, 7) != "HTTP/1." ||
      (line[7] != '0' && line[7] != '1') || line[8] != ' ' || !IsDigit(line[9]) ||
      !IsDigit(line[10]) || !IsDigit(line[11]) || (line.size() > kShortest && line[12] != ' ')) {
    return Refuse("a status line that is not HTTP/1.1");
  }
  *http10 = line[7] == '0';
  head->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
  if (head->status < 100 || head->status > 599) return Refuse("an unknown class of status");
  head->reason_phrase = line.size() > kShortest ? line.substr(13) : std::string_view();
  for (const char c : head->reason_phrase) {
    if (c != '\t' && (static_cast<uint8_t>(c) < 0x20 || c == 0x7f)) {
      return Refuse("a status line with a control character");
    }
  }
  return absl::OkStatus();
}

// What the fields say about the body's end.
struct Framing {
  int content_length = 0;
  int transfer_encoding = 0;
  uint64_t bytes = 0;
};

absl::Status ReadField(const Field& field, ResponseHead* head, Framing* framing) {
  if (SameToken(field.name, "content-length")) {
    const bool digits = !field.value.empty() && field.value.size() <= kLengthDigitsMax &&
                        std::all_of(field.value.begin(), field.value.end(), IsDigit);
    if (!digits || ++framing->content_length > 1) {
      return Refuse("a Content-Length that is not one number");
    }
    for (const char c : field.value) {
      framing->bytes = framing->bytes * 10 + static_cast<uint64_t>(c - '0');
    }
  } else if (SameToken(field.name, "transfer-encoding")) {
    if (!SameToken(field.value, "chunked") || ++framing->transfer_encoding > 1) {
      return Refuse("a Transfer-Encoding other than chunked");
    }
  } else if (SameToken(field.name, "connection")) {
    ForEachListElement(field.value, [head](std::string_view option) {
      if (SameToken(option, "close")) head->keep_alive = false;
      head->hop_names.push_back(option);
    });
    if (head->hop_names.size() > kFieldsMax) return Refuse("a Connection field without end");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ParseResponseHead(std::string_view bytes, bool to_head, ResponseHead* head) {
  head->hop_names.clear();
  head->body = {};
  const size_t line_end = bytes.find("\r\n");
  if (line_end == std::string_view::npos || bytes.size() < line_end + 4) {
    return Refuse("a head that does not end");
  }
  bool http10 = false;
  RETURN_IF_ERROR(ParseStatusLine(bytes.substr(0, line_end), head, &http10));
  const std::string_view lines = bytes.substr(line_end + 2, bytes.size() - line_end - 4);
  if (const auto offence = ParseFieldLines(lines, ValueBytes::kAny, &head->fields);
      !offence.empty()) {
    return Refuse(offence);
  }
  head->keep_alive = !http10;
  Framing framing;
  for (const Field& field : head->fields) RETURN_IF_ERROR(ReadField(field, head, &framing));
  if (framing.transfer_encoding > 0 && (framing.content_length > 0 || http10)) {
    return Refuse("an end that can be read in two ways");
  }
  if (to_head || head->status < 200 || head->status == 204 || head->status == 304) {
    return absl::OkStatus();
  }
  if (framing.transfer_encoding > 0) {
    head->body.kind = BodyLength::Kind::kChunked;
  } else if (framing.content_length > 0) {
    head->body = {.kind = BodyLength::Kind::kLength, .bytes = framing.bytes};
  } else {
    head->body.kind = BodyLength::Kind::kUntilClose;
    head->keep_alive = false;
  }
  return absl::OkStatus();
}

}  // namespace leasehold
