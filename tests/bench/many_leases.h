#ifndef LEASEHOLD_TESTS_BENCH_MANY_LEASES_H_
#define LEASEHOLD_TESTS_BENCH_MANY_LEASES_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "leasehold/v1/revocation.grpc.pb.h"
#include "tests/bench/store_under_test.h"

namespace leasehold {

// A server in which one agent has very many leases, and what revoking it and replaying its ledger
// takes, one call after the other with nothing beside. Used by one thread.
class ManyLeases {
 public:
  // Takes `leases`, a multiple of 400, through the API as an agent does: a million in about a
  // minute.
  static absl::StatusOr<std::unique_ptr<ManyLeases>> Create(const std::string& folder,
                                                            const std::string& upstream_url,
                                                            uint64_t leases);

  // Microseconds of one Revoke of a single lease, and of the agent that has so many. Only the
  // first of the latter ends leases that are alive; the record is the same each time.
  absl::StatusOr<double> RevokeOne();
  absl::StatusOr<double> RevokeAgent();

  // Milliseconds of one ReplayPolicies over the whole ledger, most of which are the leases issued.
  absl::StatusOr<double> Replay();

 private:
  explicit ManyLeases(std::unique_ptr<StoreUnderTest> store);

  absl::Status Fill(uint64_t leases);
  absl::StatusOr<double> Revoke(const v1::Selector& selector);

  std::unique_ptr<StoreUnderTest> store_;
  std::unique_ptr<v1::RevocationService::Stub> stub_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_MANY_LEASES_H_
