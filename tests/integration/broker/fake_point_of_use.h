#ifndef LEASEHOLD_TESTS_INTEGRATION_BROKER_FAKE_POINT_OF_USE_H_
#define LEASEHOLD_TESTS_INTEGRATION_BROKER_FAKE_POINT_OF_USE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/leases/point_of_use.h"

namespace leasehold {

// Decides as a test tells it, and answers from a thread of its own as the real one does. Allows at
// first. Entries are numbered from 100. Safe from any thread.
class FakePointOfUse final : public PointOfUse {
 public:
  FakePointOfUse();
  ~FakePointOfUse() override;

  void SetTarget(std::shared_ptr<const CompiledTarget> target);
  void SetFields(std::vector<std::pair<std::string, std::string>> fields);
  void Allow();
  void Deny(Reason reason, std::string message,
            std::optional<absl::Duration> retry_after = std::nullopt);
  // Nothing can be decided.
  void Fail(absl::Status error);
  // What IfStillUsable says from now on.
  void SetStillUsable(absl::Status status);
  // Cuts what is watched, now and from now on.
  void Revoke(absl::Status why);
  // Keeps answers back until false is given.
  void Hold(bool held);

  std::vector<UseRequest> requests() const;
  // How often a head was handed over.
  int hand_overs() const;
  // Wait until as many are under way.
  void AwaitWatches(size_t count);
  void AwaitRequests(size_t count);
  void AwaitHandOvers(int count);

  void Authorize(UseRequest request,
                 absl::AnyInvocable<void(absl::StatusOr<UseReply>) &&> done) override;
  absl::Status IfStillUsable(LeaseNumber lease,
                             absl::FunctionRef<void()> write_first_bytes) override;
  std::unique_ptr<Watch> WatchLease(LeaseNumber lease,
                                    absl::AnyInvocable<void(absl::Status why) &&> cut) override;

 private:
  class FakeWatch;
  using Done = absl::AnyInvocable<void(absl::StatusOr<UseReply>) &&>;

  void Work();
  bool HasWorkLocked() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::StatusOr<UseReply> DecideLocked() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  std::shared_ptr<const CompiledTarget> target_ ABSL_GUARDED_BY(mu_);
  std::vector<std::pair<std::string, std::string>> fields_ ABSL_GUARDED_BY(mu_);
  Reason reason_ ABSL_GUARDED_BY(mu_) = Reason::kNone;
  std::string message_ ABSL_GUARDED_BY(mu_);
  std::optional<absl::Duration> retry_after_ ABSL_GUARDED_BY(mu_);
  absl::Status error_ ABSL_GUARDED_BY(mu_);
  absl::Status still_usable_ ABSL_GUARDED_BY(mu_);
  absl::Status revoked_ ABSL_GUARDED_BY(mu_);
  bool held_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  uint64_t next_entry_ ABSL_GUARDED_BY(mu_) = 100;
  int hand_overs_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<UseRequest> requests_ ABSL_GUARDED_BY(mu_);
  std::deque<Done> waiting_ ABSL_GUARDED_BY(mu_);
  std::map<FakeWatch*, absl::AnyInvocable<void(absl::Status) &&>> watches_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_INTEGRATION_BROKER_FAKE_POINT_OF_USE_H_
