#ifndef LEASEHOLD_TESTS_INTEGRATION_NET_RAW_HTTP2_H_
#define LEASEHOLD_TESTS_INTEGRATION_NET_RAW_HTTP2_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/net/socket/owned_fd.h"

namespace leasehold {

// A connection to a Unix socket.
OwnedFd ConnectUnix(const std::string& path);

// A client that says what a gRPC client would not: any headers, any body, resets. Blocking; one
// thread.
class RawHttp2 {
 public:
  explicit RawHttp2(const std::string& path);
  ~RawHttp2();

  using Headers = std::vector<std::pair<std::string, std::string>>;
  // What a gRPC client sends for a call of /test.Unary/Call.
  static Headers CallHeaders();

  // Begins a request; its stream's number. Without `end` the request stays unfinished.
  int32_t Send(const Headers& headers, const std::string& body, bool end = true);
  void Reset(int32_t stream);

  // Sends what is to be sent.
  void Flush();

  // What came back on a stream.
  struct Answer {
    std::map<std::string, std::string> headers;  // trailers among them
    std::string body;
    bool closed = false;
    uint32_t error = 0;  // HTTP/2's, of a reset
  };
  // Reads until the stream or the connection is closed.
  Answer Await(int32_t stream);
  // Reads until the server hangs up.
  void AwaitEnd();

 private:
  class Session;
  bool Step();
  OwnedFd socket_;
  std::unique_ptr<Session> session_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_INTEGRATION_NET_RAW_HTTP2_H_
