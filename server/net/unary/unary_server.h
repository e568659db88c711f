#ifndef LEASEHOLD_SERVER_NET_UNARY_UNARY_SERVER_H_
#define LEASEHOLD_SERVER_NET_UNARY_UNARY_SERVER_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/net/connection_info.h"
#include "server/net/socket/connection_limits.h"
#include "server/net/unary/unary_exchange.h"

namespace leasehold {

// A small server for unary gRPC calls at one Unix socket, for the server's own user and root. It
// has nothing in common with gRPC's library: an accepting thread, one thread that serves all
// connections and never waits for one of them, its own limits. So nothing that keeps gRPC's servers
// busy reaches it, and it does not poll where the hot thread polls (docs/decisions/0016).
//
//   ASSIGN_OR_RETURN(auto server, UnaryServer::Listen(options));  // takes the address
//   RETURN_IF_ERROR(server->Start(handler));                      // from here on it serves
//   ...
//   server->Stop(drain);
//
// Clients that connect between Listen() and Start() wait. Methods are called by one thread.
class UnaryServer {
 public:
  struct Options {
    std::string accept_thread;  // names, at most 15 bytes
    std::string serve_thread;
    std::string socket;  // its file has mode 0600
    ConnectionClass cls = ConnectionClass::kRevoke;
    ConnectionLimits limits = kRevokeLimits;
    // For a peer's first bytes, for each of its calls to arrive whole, and for each answer to be
    // taken. Whoever is slower is cut off; others do not feel it.
    absl::Duration peer_time_max = absl::Seconds(30);
  };

  // Takes a call and answers it, now or later. On the serving thread: it must not wait.
  using Handler = std::function<void(UnaryRequest request, UnaryReply reply)>;

  // ADDRESS_IN_USE, CONFIG_INVALID or IO, and nothing listens then.
  static absl::StatusOr<std::unique_ptr<UnaryServer>> Listen(Options options);
  ~UnaryServer();  // Stop without patience

  absl::Status Start(Handler handler);

  // Lets nobody in and takes no new call; calls under way have `drain` to be answered and sent.
  // The handler is not called afterwards. What it still owes may be answered later, without effect.
  void Stop(absl::Duration drain);

 private:
  class Impl;
  explicit UnaryServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_UNARY_UNARY_SERVER_H_
