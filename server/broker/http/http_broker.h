#ifndef LEASEHOLD_SERVER_BROKER_HTTP_HTTP_BROKER_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_HTTP_BROKER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/broker/broker_metrics.h"
#include "server/broker/http/broker_options.h"
#include "server/leases/point_of_use.h"

namespace leasehold {

// The HTTP broker: a reverse proxy at /t/{target}/... . An agent sends its request there with a
// handle where the vendor's key would go; the broker has the use judged and recorded, puts the real
// credential in and streams request and response. The agent never sees the credential.
//
// Everything runs on one thread of its own, "broker". The functions here are for the thread that
// started it.
class HttpBroker {
 public:
  // Listens and serves. ADDRESS_IN_USE, or CONFIG_INVALID for an address that is none or that this
  // machine does not have. `point_of_use` and `metrics` outlive the broker.
  static absl::StatusOr<std::unique_ptr<HttpBroker>> Start(BrokerOptions options,
                                                           PointOfUse* point_of_use,
                                                           BrokerMetrics* metrics);
  // Stops.
  ~HttpBroker();
  HttpBroker(const HttpBroker&) = delete;
  HttpBroker& operator=(const HttpBroker&) = delete;

  // Where it listens: "127.0.0.1:8642", "[::1]:8642".
  std::string address() const;

  // Cuts all connections and returns when nothing of the broker runs any more. `point_of_use` still
  // answers what it was asked, so it is stopped afterwards. A second call does nothing.
  void Stop();

 private:
  class Server;
  explicit HttpBroker(std::unique_ptr<Server> server);
  std::unique_ptr<Server> server_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_HTTP_BROKER_H_
