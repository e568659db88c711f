#ifndef LEASEHOLD_TESTS_BENCH_CONNECTIONS_H_
#define LEASEHOLD_TESTS_BENCH_CONNECTIONS_H_

#include <memory>
#include <string>
#include <vector>

#include "leasehold/v1/lease.grpc.pb.h"
#include "leasehold/v1/use.grpc.pb.h"

namespace leasehold {

// The connections of the load to one server, kept open over all rounds.
class Connections {
 public:
  // As many as an ordinary client has, so that the server's polling is not tuned to one.
  static constexpr int kCount = 2;

  explicit Connections(const std::string& address);

  // Stubs on all connections, or on the first alone.
  std::vector<v1::UseService::Stub*> uses() const { return {uses_[0].get(), uses_[1].get()}; }
  std::vector<v1::LeaseService::Stub*> leases() const {
    return {leases_[0].get(), leases_[1].get()};
  }
  v1::UseService::Stub* first_uses() const { return uses_[0].get(); }

 private:
  std::vector<std::unique_ptr<v1::UseService::Stub>> uses_;
  std::vector<std::unique_ptr<v1::LeaseService::Stub>> leases_;
};

// A connection that shares nothing with any other.
std::shared_ptr<grpc::Channel> OpenConnection(const std::string& address);

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_CONNECTIONS_H_
