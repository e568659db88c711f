#ifndef LEASEHOLD_SERVER_NET_UNARY_UNARY_EXCHANGE_H_
#define LEASEHOLD_SERVER_NET_UNARY_UNARY_EXCHANGE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "server/net/connection_info.h"

namespace leasehold {

// One unary call as it came in.
struct UnaryRequest {
  ConnectionInfo connection;               // of the caller
  std::string path;                        // "/leasehold.v1.RevocationService/Revoke"
  std::vector<std::string> authorization;  // all headers of that name
  std::string message;
};

// What it comes to: a message, or a status that is not OK.
struct UnaryAnswer {
  int code = 0;         // grpc::StatusCode
  std::string text;     // of an error
  std::string details;  // google.rpc.Status, serialized; of an error
  std::string message;  // of OK
};

// The way back. Answered once, on any thread, also when the caller or the server is gone meanwhile.
// One that is dropped answers INTERNAL, so that no call hangs.
class UnaryReply {
 public:
  using Sink = absl::AnyInvocable<void(UnaryAnswer) &&>;

  explicit UnaryReply(Sink sink) : sink_(std::move(sink)) {}
  UnaryReply(UnaryReply&& other) noexcept : sink_(std::exchange(other.sink_, nullptr)) {}
  UnaryReply& operator=(UnaryReply&&) = delete;
  ~UnaryReply() {
    if (sink_ != nullptr) {
      Finish({.code = 13, .text = "a call was dropped", .details = {}, .message = {}});
    }
  }

  void Finish(UnaryAnswer answer) { std::exchange(sink_, nullptr)(std::move(answer)); }

 private:
  Sink sink_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_UNARY_UNARY_EXCHANGE_H_
