#ifndef LEASEHOLD_SERVER_LEASES_PUBLISHED_STATE_H_
#define LEASEHOLD_SERVER_LEASES_PUBLISHED_STATE_H_

#include <cstdint>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/leases/state/state.h"
#include "server/ledger/block_summary.h"
#include "storage/rows.h"

namespace leasehold {

// What readers see: the fold of what is durable, and nothing else. The Committer brings it up to
// date after each commit and before it answers anybody, so whoever has an answer finds it here.
class PublishedState {
 public:
  struct View {
    const State& state;
    const TreeHead& head;
    // The block of the ledger that has no stored summary yet.
    const BlockSummary& open_block;
  };

  // Runs `read` with the current state, which does not change meanwhile. `read` must be short and
  // must not block: the Committer waits for it.
  template <typename F>
  auto Read(F&& read) const {
    absl::ReaderMutexLock lock(&mu_);
    return std::forward<F>(read)(View{state_, head_, open_block_});
  }

  // How many entries are published, as soon as they are more than `size`, or after `timeout`. For
  // threads that may wait: the Committer does not wait for them.
  uint64_t AwaitMoreThan(uint64_t size, absl::Duration timeout) const {
    auto more = [this, size]() ABSL_SHARED_LOCKS_REQUIRED(size_mu_) { return size_ > size; };
    absl::MutexLock lock(&size_mu_);
    size_mu_.AwaitWithTimeout(absl::Condition(&more), timeout);
    return size_;
  }

  // For the Committer.
  template <typename F>
  void Write(F&& write) {
    uint64_t size = 0;
    {
      absl::WriterMutexLock lock(&mu_);
      std::forward<F>(write)(state_, head_, open_block_);
      size = head_.size;
    }
    absl::MutexLock lock(&size_mu_);
    size_ = size;
  }

 private:
  mutable absl::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_);
  TreeHead head_ ABSL_GUARDED_BY(mu_);
  BlockSummary open_block_ ABSL_GUARDED_BY(mu_);
  // A lock of its own: whoever waits for more must not be looked at whenever somebody reads.
  mutable absl::Mutex size_mu_;
  uint64_t size_ ABSL_GUARDED_BY(size_mu_) = 0;  // of head_
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_PUBLISHED_STATE_H_
