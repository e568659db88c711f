#ifndef LEASEHOLD_SERVER_BROKER_HTTP_SESSION_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_SESSION_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/broker/http/broker_context.h"
#include "server/broker/http/problem.h"
#include "server/broker/http/request_head.h"
#include "server/broker/http/stream.h"
#include "server/leases/point_of_use.h"

namespace leasehold {

// One connection of a client: reads requests one after the other, has each judged, and answers it
// or lets an Exchange do so. Belongs to the broker's thread.
class HttpSession {
 public:
  // `peer` is the client's address without port. `from_allowed_network` = its handles count.
  HttpSession(BrokerContext* context, boost::asio::ip::tcp::socket socket, std::string peer,
              bool from_allowed_network);

  // Serves until the connection ends.
  boost::asio::awaitable<void> Run();

 private:
  // What came of waiting for a head.
  struct HeadRead {
    enum class State { kComplete, kNothing, kBroken, kTooLarge, kTimedOut };
    State state = State::kNothing;
    size_t size = 0;
  };
  boost::asio::awaitable<HeadRead> ReadHead();
  // What a client is told whose head was not complete.
  static Problem WhyNoHead(HeadRead::State state);
  // Serves one request; false where the connection is to end.
  boost::asio::awaitable<bool> ServeOne();
  boost::asio::awaitable<bool> ServeHead(size_t head_bytes);
  boost::asio::awaitable<bool> Forward(size_t head_bytes, UseReply use);
  boost::asio::awaitable<absl::StatusOr<UseReply>> Judge(UseRequest request);
  UseRequest MakeUseRequest(std::string handle) const;
  // Answers a request whose head was understood and of which nothing has been consumed.
  boost::asio::awaitable<bool> Answer(Problem problem, size_t head_bytes);
  // Answers, and ends the connection.
  boost::asio::awaitable<void> AnswerAndClose(Problem problem, bool to_head);
  boost::asio::awaitable<bool> DiscardBody();
  // Lets the client read the last answer: closing at once, with bytes of its request unread, would
  // make the kernel throw the answer away.
  boost::asio::awaitable<void> Linger();

  BrokerContext* const context_;
  Stream client_;
  const std::string peer_;
  const bool from_allowed_network_;
  RequestHead head_;  // kept, so that its vectors are used again
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_SESSION_H_
