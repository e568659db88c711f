#ifndef LEASEHOLD_SERVER_LEASES_CUT_STREAMS_H_
#define LEASEHOLD_SERVER_LEASES_CUT_STREAMS_H_

#include <cstddef>
#include <cstdint>

#include "absl/base/thread_annotations.h"
#include "absl/container/btree_map.h"
#include "absl/synchronization/mutex.h"
#include "server/base/millis.h"

namespace leasehold {

// Open streams that revocations cut: on this node, since it started. Safe from any thread.
class CutStreams {
 public:
  // The newest revocations are asked about while they are news; older ones are forgotten.
  static constexpr size_t kRevocationsMax = 4096;

  struct Cuts {
    uint64_t streams = 0;
    UnixMillis first;
    UnixMillis last;
  };

  // A stream was cut at `time` because of this revocation.
  void Note(uint64_t revocation, UnixMillis time) {
    absl::MutexLock lock(&mu_);
    Cuts& cuts = cuts_[revocation];
    if (cuts.streams++ == 0) {
      cuts.first = time;
    }
    cuts.last = time;
    if (cuts_.size() > kRevocationsMax) {
      cuts_.erase(cuts_.begin());
    }
  }

  Cuts Of(uint64_t revocation) const {
    absl::MutexLock lock(&mu_);
    auto it = cuts_.find(revocation);
    return it == cuts_.end() ? Cuts() : it->second;
  }

 private:
  mutable absl::Mutex mu_;
  absl::btree_map<uint64_t, Cuts> cuts_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_CUT_STREAMS_H_
