#ifndef LEASEHOLD_SERVER_LEASES_ADMISSION_H_
#define LEASEHOLD_SERVER_LEASES_ADMISSION_H_

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "server/base/ids.h"

namespace leasehold {

// The quota in front of the queue: no agent has more than so many operations under way, so one that
// runs wild cannot make the others wait. Safe from any thread.
class Admission {
 public:
  // Decisions, not calls: a batch of 16 uses counts 16. Enough for 250 batches of 16 at once; as
  // many take about 20 ms to decide.
  static constexpr uint32_t kUnderWayMax = 4096;

  // A place; given back when it goes.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)),
          agent_(other.agent_),
          weight_(other.weight_) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(agent_, other.agent_);
      std::swap(weight_, other.weight_);
      return *this;
    }
    ~Ticket() {
      if (owner_ != nullptr) {
        owner_->Leave(agent_, weight_);
      }
    }
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    friend class Admission;
    Ticket(Admission* owner, EntityUid agent, uint32_t weight)
        : owner_(owner), agent_(agent), weight_(weight) {}
    Admission* owner_ = nullptr;
    EntityUid agent_;
    uint32_t weight_ = 0;
  };

  // A ticket for `weight` decisions, at most kUnderWayMax; false where the agent has its share
  // under way already.
  Ticket Enter(EntityUid agent, uint32_t weight = 1) {
    absl::MutexLock lock(&mu_);
    uint32_t& count = under_way_[agent];
    if (count + weight > kUnderWayMax) {
      return {};
    }
    count += weight;
    return {this, agent, weight};
  }

 private:
  void Leave(EntityUid agent, uint32_t weight) {
    absl::MutexLock lock(&mu_);
    auto it = under_way_.find(agent);
    it->second -= weight;
    if (it->second == 0) {
      under_way_.erase(it);
    }
  }

  absl::Mutex mu_;
  absl::flat_hash_map<EntityUid, uint32_t> under_way_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_ADMISSION_H_
