#ifndef LEASEHOLD_SERVER_BROKER_HTTP_TARGET_CONNECTIONS_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_TARGET_CONNECTIONS_H_

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/broker/http/broker_options.h"
#include "server/broker/http/name_resolver.h"
#include "server/broker/http/stream.h"
#include "server/broker/http/sweeper.h"
#include "server/net/https/tls_client.h"
#include "server/policy/compiled_target.h"

namespace leasehold {

using TargetPtr = std::shared_ptr<const CompiledTarget>;

// Connections to targets, new ones and those kept for the next request. A connection belongs to one
// compiled target: when the target is changed it is not used any more. Its address was resolved
// once, judged (address_rules.h) and connected to, so that a name cannot point elsewhere between
// the check and the connection. Belongs to the broker's thread.
class TargetConnections {
 public:
  TargetConnections(boost::asio::io_context* io, Sweeper* sweeper, const BrokerOptions* options);
  ~TargetConnections();

  // A kept connection that is still good, or nullptr.
  std::unique_ptr<Stream> TakeKept(const TargetPtr& target);
  // Keeps a connection after a request, unless there are enough.
  void Keep(const TargetPtr& target, std::unique_ptr<Stream> stream);

  struct Opened {
    std::unique_ptr<Stream> stream;  // null on failure
    absl::Status error;              // TARGET_UNREACHABLE
    bool timed_out = false;
  };
  // A new connection, with the target's certificate verified where it has TLS.
  boost::asio::awaitable<Opened> Open(TargetPtr target);

  // Drops all that are kept, keeps none from now on, and ends waiting for names.
  void Close();

 private:
  using Endpoint = boost::asio::ip::tcp::endpoint;
  class Kept;
  struct Entry {
    TargetPtr target;  // so that its address is not used again for another target
    std::vector<std::unique_ptr<Kept>> streams;  // the one used last at the end
  };

  // Where to connect to, in this order.
  struct Located {
    std::vector<Endpoint> endpoints;  // not empty where there is no error
    absl::Status error;               // TARGET_UNREACHABLE
    bool timed_out = false;
  };
  boost::asio::awaitable<Located> Locate(TargetPtr target);
  boost::asio::awaitable<Opened> Connect(TargetPtr target, Endpoint endpoint);
  boost::asio::awaitable<Opened> StartTls(TargetPtr target, std::unique_ptr<Stream> stream);
  absl::StatusOr<SslPtr> MakeSsl(const CompiledTarget& target);
  void DropOld();

  boost::asio::io_context* const io_;
  Sweeper* const sweeper_;
  const BrokerOptions* const options_;
  // With the system's trust store, which takes long to read: made once, when first needed.
  SslContextPtr system_trust_;
  bool closed_ = false;
  NameResolver names_;
  absl::flat_hash_map<const CompiledTarget*, Entry> kept_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_TARGET_CONNECTIONS_H_
