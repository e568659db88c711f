#ifndef LEASEHOLD_SERVER_API_REVOCATION_ENDPOINT_H_
#define LEASEHOLD_SERVER_API_REVOCATION_ENDPOINT_H_

#include <memory>
#include <string>
#include <string_view>

#include "server/api/gate.h"
#include "server/api/read_pool.h"
#include "server/api/revocation_methods.h"
#include "server/net/unary/unary_exchange.h"

namespace leasehold {

// RevocationService once more, behind revoke.sock and without gRPC's library (UnaryServer). Its
// thread hands revocations in and goes on; what reads or counts leases runs on `reads`, a pool of
// its own, so that a long count does not hold up a revocation. The arguments must outlive it.
class RevocationEndpoint {
 public:
  RevocationEndpoint(RevocationMethods& methods, const Gate& gate, ReadPool& reads)
      : methods_(methods), gate_(gate), reads_(reads) {}

  // A UnaryServer::Handler: authenticates, authorises, then answers `reply`, now or later.
  void Handle(const UnaryRequest& request, UnaryReply reply);

 private:
  class Call;
  struct Row {
    std::string_view method;
    void (RevocationEndpoint::*serve)(const std::shared_ptr<Call>& call,
                                      const std::string& message);
  };
  static const Row kRows[];

  void Revoke(const std::shared_ptr<Call>& call, const std::string& message);
  void Resume(const std::shared_ptr<Call>& call, const std::string& message);
  void GetRevocation(const std::shared_ptr<Call>& call, const std::string& message);
  void ListHolds(const std::shared_ptr<Call>& call, const std::string& message);

  RevocationMethods& methods_;
  const Gate& gate_;
  ReadPool& reads_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_REVOCATION_ENDPOINT_H_
