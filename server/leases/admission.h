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
  // Enough for a fleet of 100 processes of one agent that each keep ten calls in flight.
  static constexpr uint32_t kUnderWayMax = 1024;

  // A place; given back when it goes.
  class Ticket {
   public:
    Ticket() = default;
    Ticket(Ticket&& other) noexcept
        : owner_(std::exchange(other.owner_, nullptr)), agent_(other.agent_) {}
    Ticket& operator=(Ticket&& other) noexcept {
      std::swap(owner_, other.owner_);
      std::swap(agent_, other.agent_);
      return *this;
    }
    ~Ticket() {
      if (owner_ != nullptr) {
        owner_->Leave(agent_);
      }
    }
    explicit operator bool() const { return owner_ != nullptr; }

   private:
    friend class Admission;
    Ticket(Admission* owner, EntityUid agent) : owner_(owner), agent_(agent) {}
    Admission* owner_ = nullptr;
    EntityUid agent_;
  };

  // A ticket that is false where the agent has its share under way already.
  Ticket Enter(EntityUid agent) {
    absl::MutexLock lock(&mu_);
    uint32_t& count = under_way_[agent];
    if (count >= kUnderWayMax) {
      return {};
    }
    ++count;
    return {this, agent};
  }

 private:
  void Leave(EntityUid agent) {
    absl::MutexLock lock(&mu_);
    auto it = under_way_.find(agent);
    if (--it->second == 0) {
      under_way_.erase(it);
    }
  }

  absl::Mutex mu_;
  absl::flat_hash_map<EntityUid, uint32_t> under_way_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_ADMISSION_H_
