#ifndef LEASEHOLD_SERVER_BROKER_HTTP_REQUEST_HEAD_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_REQUEST_HEAD_H_

#include <cstddef>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "server/broker/http/body_scanner.h"
#include "server/broker/http/field_lines.h"

namespace leasehold {

// Requests to the broker have heads of at most this size: URLs of 8 KiB and as much beside them.
inline constexpr size_t kRequestHeadBytesMax = 16 * 1024;

// An agent's request, understood in the one way that we then forward it. All views point into the
// head's bytes. May be parsed into again and again without allocating.
struct RequestHead {
  std::string_view method;  // IsUsableMethod
  // "/t/github/repos/acme?page=2" is target "github", path "/repos/acme", query "?page=2".
  std::string_view target;
  std::string_view path;   // canonical as server/policy/http_path.h has it
  std::string_view query;  // with its '?', or empty
  std::vector<Field> fields;
  std::vector<std::string_view> hop_names;  // fields that Connection names
  BodyLength body;                          // kNone, kLength or kChunked
  bool keep_alive = true;
  bool expects_continue = false;

  // The first field of this name, or nullptr.
  const Field* Find(std::string_view name) const;
};

// Reads a complete head as FindHeadEnd delimits it. INVALID_ARGUMENT, or NOT_FOUND for a path that
// is not below /t/{target}/, with a sentence for the client that quotes nothing of the request;
// `head` is then unspecified.
//
// Beyond RFC 9112: HTTP/1.1 only, the path is canonical (percent-encoded as it is forwarded, see
// http_path.h), nothing but visible ASCII, one Host, Content-Length and Transfer-Encoding exclude
// each other, no request for another protocol, and none of the fields by which some frameworks let
// a request change its own method or path after it was judged.
absl::Status ParseRequestHead(std::string_view bytes, RequestHead* head);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_REQUEST_HEAD_H_
