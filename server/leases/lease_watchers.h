#ifndef LEASEHOLD_SERVER_LEASES_LEASE_WATCHERS_H_
#define LEASEHOLD_SERVER_LEASES_LEASE_WATCHERS_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "server/base/ids.h"
#include "server/base/principal.h"

namespace leasehold {

// Open streams and the leases they rest on. There are as many as open streams, some thousand at
// most, so a sweep looks at all of them instead of keeping a timer for each. Safe from any thread;
// must outlive the watches it gives out.
class LeaseWatchers {
 public:
  class Watch {
   public:
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

   private:
    friend class LeaseWatchers;
    Watch(LeaseWatchers& owner, uint64_t id) : owner_(owner), id_(id) {}
    LeaseWatchers& owner_;
    const uint64_t id_;
  };

  using Cut = absl::AnyInvocable<void(absl::Status) &&>;

  // What a stream rests on.
  struct Watched {
    LeaseNumber lease;
    // Who holds the stream, where it is to end with its holder's credential as well; may be null.
    std::shared_ptr<const Principal> holder;
  };

  // `cut` runs at most once, and not after the watch is gone. It must be short, and must neither
  // add nor destroy watches.
  std::unique_ptr<Watch> Add(Watched watched, Cut cut);

  // Asks `check` about each and cuts those that are not OK.
  void Sweep(absl::FunctionRef<absl::Status(const Watched&)> check);

  size_t size() const;

 private:
  struct Item {
    Watched watched;
    Cut cut;
  };
  mutable absl::Mutex mu_;
  uint64_t next_ ABSL_GUARDED_BY(mu_) = 1;
  absl::flat_hash_map<uint64_t, Item> items_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_LEASE_WATCHERS_H_
