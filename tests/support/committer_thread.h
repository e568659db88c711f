#ifndef LEASEHOLD_TESTS_SUPPORT_COMMITTER_THREAD_H_
#define LEASEHOLD_TESTS_SUPPORT_COMMITTER_THREAD_H_

#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/leases/committer/committer.h"

namespace leasehold {

// Owns a Committer for tests that hand in from several threads. Ends with what was handed in
// committed, and does not close it.
class CommitterThread {
 public:
  explicit CommitterThread(Committer& committer) : committer_(committer) {
    committer_.SetWaker([this] {
      absl::MutexLock lock(&mu_);
      woken_ = true;
    });
    thread_ = std::thread([this] { Run(); });
  }
  ~CommitterThread() {
    {
      absl::MutexLock lock(&mu_);
      stopping_ = true;
    }
    thread_.join();
    committer_.SetWaker(nullptr);
  }

 private:
  void Run() {
    bool more = true;
    while (more) {
      {
        absl::MutexLock lock(&mu_);
        mu_.AwaitWithTimeout(absl::Condition(
                                 +[](CommitterThread* self) ABSL_NO_THREAD_SAFETY_ANALYSIS {
                                   return self->woken_ || self->stopping_;
                                 },
                                 this),
                             Committer::kTickInterval);
        woken_ = false;
        more = !stopping_;
      }
      while (committer_.Commit()) continue;
      committer_.Tick();
    }
  }

  Committer& committer_;
  absl::Mutex mu_;
  bool woken_ ABSL_GUARDED_BY(mu_) = false;
  bool stopping_ ABSL_GUARDED_BY(mu_) = false;
  std::thread thread_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_SUPPORT_COMMITTER_THREAD_H_
