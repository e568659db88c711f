#ifndef LEASEHOLD_TESTS_BENCH_STORE_UNDER_TEST_H_
#define LEASEHOLD_TESTS_BENCH_STORE_UNDER_TEST_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/support/api_client.h"
#include "tests/support/server_process.h"

namespace leasehold {

// An agent and one of its leases.
struct Holder {
  std::string bearer;  // of the `authorization` header
  std::string token;
  std::string handle;
};

// A leaseholdd with a data folder of its own, made as an operator makes it, and in it what the load
// needs: one secret, one target, one policy, several agents with several leases each. Used by one
// thread.
class StoreUnderTest {
 public:
  static constexpr int kAgents = 4;
  static constexpr int kLeasesPerAgent = 4;

  // Makes the data folder `folder`/`name`, starts the server and fills it. `upstream_url` is where
  // the target `kTarget` lies.
  static absl::StatusOr<std::unique_ptr<StoreUnderTest>> Create(const std::string& folder,
                                                                const std::string& name,
                                                                const std::string& upstream_url);

  // What the load names.
  static constexpr char kSecret[] = "secrets/bench/key";
  static constexpr char kTarget[] = "bench";
  static constexpr char kPath[] = "/items/1";

  // Leases of the first agent come first, then those of the second.
  const std::vector<Holder>& holders() const { return holders_; }
  // A lease that only Revoke is used on.
  const std::string& spare_lease() const { return spare_lease_; }

  std::string Endpoint(const std::string& name) const { return server_->Endpoint(name); }
  pid_t pid() const { return server_->pid(); }

  // Stops the server as an operator does, and starts it again.
  absl::Status Stop();
  absl::Status Start();

  // Bytes of the database and of what of it still lies in the WAL.
  uint64_t DatabaseBytes() const;

 private:
  explicit StoreUnderTest(ServerOptions options) : options_(std::move(options)) {}

  absl::Status Fill(const std::string& upstream_url);
  absl::Status Declare(const ApiClient& admin, const std::string& upstream_url) const;
  absl::Status AddAgent(const ApiClient& admin, const std::string& agent);
  absl::StatusOr<std::string> AddLease(const ApiClient& agent, const std::string& bearer);

  const ServerOptions options_;
  std::unique_ptr<ServerProcess> server_;
  std::vector<Holder> holders_;
  std::string spare_lease_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_STORE_UNDER_TEST_H_
