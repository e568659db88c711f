#ifndef LEASEHOLD_TESTS_BENCH_ROUNDS_H_
#define LEASEHOLD_TESTS_BENCH_ROUNDS_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "leasehold/v1/use.pb.h"
#include "tests/bench/call_load.h"
#include "tests/bench/connections.h"
#include "tests/bench/load_recorder.h"
#include "tests/bench/many_leases.h"
#include "tests/bench/peers.h"
#include "tests/bench/policy_decide.h"
#include "tests/bench/results.h"
#include "tests/bench/store_under_test.h"

namespace leasehold {

struct RoundOptions {
  std::string folder;            // there already, empty, on the disk to be measured
  LoadWindow window;             // of each load
  absl::Duration sync_measured;  // of the disk alone; also of decisions, without server
  uint64_t sized_uses = 0;       // between two measurements of the database's size
  uint64_t many_leases = 0;      // of the agent of `revoke_1m`
  std::set<std::string> only;    // rows; empty: all
};

// The servers, and one round after the other of all that is measured, in a fixed order: whatever
// slows the machine down for longer than a round meets all rows alike. Used by one thread.
class Rounds {
 public:
  // Starts the peers and two servers.
  static absl::StatusOr<std::unique_ptr<Rounds>> Prepare(const RoundOptions& options);

  absl::Status RunOne(Results& results);

 private:
  using UseCalls = std::vector<LoadedCall<v1::AuthorizeUseRequest>>;

  explicit Rounds(const RoundOptions& options);

  bool Wanted(std::string_view row) const;
  // Sends AuthorizeUse; to a peer or to our server.
  absl::StatusOr<LoadFigures> LoadUses(std::vector<v1::UseService::Stub*> stubs,
                                       const UseCalls& calls, pid_t server, size_t in_flight,
                                       const LoadWindow& window) const;

  absl::Status MeasureDisk(Results& results);
  absl::Status MeasureEcho(Results& results);
  absl::Status MeasureEchoCq(Results& results);
  absl::Status MeasureCheck(Results& results);
  absl::Status MeasureAuthorize(Results& results);
  absl::Status MeasureAcquire(Results& results);
  absl::Status MeasureBatch(Results& results);
  absl::Status MeasureAlone(Results& results);
  absl::Status MeasureRevoke(Results& results);
  // Makes the server with very many leases, once.
  absl::Status MakeMany();
  absl::Status MeasureMany(Results& results);
  absl::Status MeasureReplay(Results& results);
  absl::Status MeasureSize(Results& results);
  absl::Status MeasureBroker(Results& results);
  absl::Status MeasureDecide(Results& results);

  // Waits for `count` uses to be recorded by the server whose database is sized.
  absl::Status RecordUses(uint64_t count) const;

  const RoundOptions options_;
  const Peer echo_;
  const Peer echo_cq_;
  const Peer upstream_;
  const Connections echo_connections_;
  const Connections echo_cq_connections_;
  std::unique_ptr<StoreUnderTest> store_;
  std::unique_ptr<Connections> connections_;
  // Nobody else uses it, so that what its database grows by is known.
  std::unique_ptr<StoreUnderTest> sized_;
  // Null until the first round that wants them.
  std::unique_ptr<ManyLeases> many_;
  std::unique_ptr<PolicyDecide> decide_10_, decide_10k_, decide_alike_;
  double revoked_alive_us_ = 0;  // the first time that the agent of `many_` was revoked

  UseCalls echo_calls_;
  UseCalls use_calls_;

  // Of the round that runs.
  double echo_per_second_ = 0;
  double sync_us_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_BENCH_ROUNDS_H_
