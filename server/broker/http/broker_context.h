#ifndef LEASEHOLD_SERVER_BROKER_HTTP_BROKER_CONTEXT_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_BROKER_CONTEXT_H_

#include <boost/asio/io_context.hpp>
#include <utility>

#include "server/broker/broker_metrics.h"
#include "server/broker/http/broker_options.h"
#include "server/broker/http/sweeper.h"
#include "server/broker/http/target_connections.h"
#include "server/leases/point_of_use.h"

namespace leasehold {

// What all connections of one HttpBroker share. Everything runs on the broker's one thread; only
// `io` may be posted to from others.
struct BrokerContext {
  BrokerContext(BrokerOptions given, PointOfUse* judge, BrokerMetrics* counters)
      : options(std::move(given)), point_of_use(judge), metrics(counters) {}

  const BrokerOptions options;
  PointOfUse* const point_of_use;
  BrokerMetrics* const metrics;
  boost::asio::io_context io{1};  // one thread: no locks inside
  Sweeper sweeper{io};
  TargetConnections targets{&io, &sweeper, &options};
  bool stopping = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_BROKER_CONTEXT_H_
