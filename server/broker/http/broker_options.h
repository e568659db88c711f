#ifndef LEASEHOLD_SERVER_BROKER_HTTP_BROKER_OPTIONS_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_BROKER_OPTIONS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/policy/compiled_target.h"

namespace leasehold {

// How an HttpBroker serves. The defaults are what the server uses; tests shorten the times. Times
// are kept with a tolerance of 50 ms.
struct BrokerOptions {
  // "127.0.0.1:8642" or "[::1]:8642"; port 0 picks one.
  std::string listen = "127.0.0.1:8642";
  // Clients from elsewhere are told 403. Empty means loopback.
  std::vector<Cidr> client_networks;

  // Each holds two descriptors and at most 64 KiB for each direction; 1,024 of them fit the usual
  // limit of 4,096 descriptors and 128 MiB.
  size_t connections_max = 1024;
  // So that one address cannot take all of them. Most agents share the loopback address.
  size_t connections_per_peer_max = 768;

  // From a head's first byte to its last; a client that sends a byte now and then is not served.
  absl::Duration head_timeout = absl::Seconds(10);
  // Between two requests on one connection.
  absl::Duration idle_timeout = absl::Seconds(75);
  // How long a body may stand still on its way from the agent, or to either side.
  absl::Duration stall_timeout = absl::Seconds(60);
  // How long a target may pause within its answer; long, because event streams are quiet at times.
  absl::Duration stream_timeout = absl::Minutes(10);
  // How long a request waits for the address of its target. A resolver's first try at a name server
  // that does not answer takes 5 s, so that longer waiting rarely helps.
  absl::Duration resolve_timeout = absl::Seconds(5);
  // After that, until TCP stands, for each address; and again, until TLS does.
  absl::Duration connect_timeout = absl::Seconds(5);
  // How long an unused connection to a target is kept: less than the shortest that common servers
  // keep theirs (5 s), because one that closes while we write costs a request.
  absl::Duration target_idle_timeout = absl::Seconds(4);
  // Unused connections kept for one target.
  size_t target_idle_max = 128;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_BROKER_OPTIONS_H_
