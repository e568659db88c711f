#ifndef LEASEHOLD_SERVER_LEASES_PUBLISHED_STATE_H_
#define LEASEHOLD_SERVER_LEASES_PUBLISHED_STATE_H_

#include <utility>

#include "absl/synchronization/mutex.h"
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

  // For the Committer.
  template <typename F>
  void Write(F&& write) {
    absl::WriterMutexLock lock(&mu_);
    std::forward<F>(write)(state_, head_, open_block_);
  }

 private:
  mutable absl::Mutex mu_;
  State state_ ABSL_GUARDED_BY(mu_);
  TreeHead head_ ABSL_GUARDED_BY(mu_);
  BlockSummary open_block_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_PUBLISHED_STATE_H_
