#ifndef LEASEHOLD_SERVER_NET_UNARY_HTTP2_CONNECTION_H_
#define LEASEHOLD_SERVER_NET_UNARY_HTTP2_CONNECTION_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/net/socket/owned_fd.h"
#include "server/net/unary/unary_exchange.h"

namespace leasehold {

// One connection of a UnaryServer: HTTP/2 as a server, by nghttp2, over a non-blocking socket. It
// takes whole unary gRPC calls off it and puts answers on it. Whatever is not HTTP/2 or not a call
// ends the stream or the connection; nothing is repaired. Used by one thread, and never waits.
class Http2Connection {
 public:
  // A revocation names a few resources and a reason, each of at most 1,024 bytes.
  static constexpr size_t kMessageBytesMax = 32 << 10;
  // Names and values of a request's headers together; an authorization header is the longest.
  static constexpr size_t kHeaderBytesMax = 16 << 10;
  // Calls of a connection at once, those included whose caller has given them up.
  static constexpr uint32_t kCallsMax = 16;
  // What is ready to be sent is made in pieces of about this size.
  static constexpr size_t kSendBytes = 64 << 10;
  // A connection without a call is closed after this; clients open a new one when they need it.
  static constexpr absl::Duration kIdleMax = absl::Minutes(10);

  // Called for each call that has come in whole, during OnReadable. `stream` is its number here.
  using OnCall = std::function<void(int32_t stream, UnaryRequest request)>;

  // `peer_time_max` is that of UnaryServer::Options.
  Http2Connection(OwnedFd socket, ConnectionInfo info, OnCall on_call,
                  absl::Duration peer_time_max);
  ~Http2Connection();
  Http2Connection(const Http2Connection&) = delete;
  Http2Connection& operator=(const Http2Connection&) = delete;

  int fd() const { return socket_.get(); }

  // Takes what has come in. False where the connection is at its end: close it.
  bool OnReadable();
  // Sends what is ready and fits. False as above.
  bool OnWritable();
  // Whether there is something to send.
  bool WantsToWrite() const;

  // The answer to a call that OnCall was given; it goes out by OnWritable. Without effect where the
  // caller has given the call up.
  void Answer(int32_t stream, UnaryAnswer answer);

  // Tells the peer that no new call is taken. Calls under way go on.
  void GoAway();
  // Whether no call is under way and all was sent.
  bool Quiet() const;

  // When the peer's time is over: the connection is then to be closed.
  absl::Time Deadline() const;

 private:
  class Session;
  std::unique_ptr<Session> session_;
  OwnedFd socket_;
  std::string out_;  // made and not yet sent
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_UNARY_HTTP2_CONNECTION_H_
