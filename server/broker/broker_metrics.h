#ifndef LEASEHOLD_SERVER_BROKER_BROKER_METRICS_H_
#define LEASEHOLD_SERVER_BROKER_BROKER_METRICS_H_

namespace leasehold {

// What the broker counts. Called on the broker's thread for every request, so it must not block.
class BrokerMetrics {
 public:
  virtual ~BrokerMetrics() = default;
  // A response has been sent, with this HTTP status: the target's, or the broker's own.
  virtual void RequestFinished(int status) = 0;
  // The part of a forwarded request's time that is not spent waiting for the target, until the
  // response's head is passed on: judging, recording and handing over.
  virtual void AddedSeconds(double seconds) = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_BROKER_METRICS_H_
