#ifndef LEASEHOLD_SERVER_BROKER_HTTP_RESPONSE_HEAD_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_RESPONSE_HEAD_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/broker/http/body_scanner.h"
#include "server/broker/http/field_lines.h"

namespace leasehold {

// Twice what a request may have: some servers set many cookies and long policies.
inline constexpr size_t kResponseHeadBytesMax = 32 * 1024;

// A target's answer. All views point into the head's bytes.
struct ResponseHead {
  int status = 0;  // 100 to 599
  std::string_view reason_phrase;
  std::vector<Field> fields;
  std::vector<std::string_view> hop_names;  // fields that Connection names
  BodyLength body;
  // Whether the connection can carry another request once the body has ended.
  bool keep_alive = false;
};

// Reads a complete head as FindHeadEnd delimits it. `to_head` = it answers a HEAD request, so that
// no body follows whatever the fields say. TARGET_UNREACHABLE with what is wrong: an answer whose
// end two parsers could see in two places would let one agent's request receive another's answer.
absl::Status ParseResponseHead(std::string_view bytes, bool to_head, ResponseHead* head);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_RESPONSE_HEAD_H_
