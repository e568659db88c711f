#ifndef LEASEHOLD_SERVER_API_SLOTS_H_
#define LEASEHOLD_SERVER_API_SLOTS_H_

#include <atomic>
#include <string>
#include <utility>

#include "absl/status/statusor.h"

namespace leasehold {

// Bounds how many of something there are at once: calls that hold a thread, exports. Whoever finds
// no slot is refused at once, since waiting would hold a thread too. Safe from any thread.
class Slots {
 public:
  // A slot that is taken, until it goes.
  class Slot {
   public:
    Slot() = default;
    Slot(Slot&& other) noexcept : slots_(std::exchange(other.slots_, nullptr)) {}
    Slot& operator=(Slot&& other) noexcept {
      std::swap(slots_, other.slots_);
      return *this;
    }
    ~Slot();

   private:
    friend class Slots;
    explicit Slot(Slots* slots) : slots_(slots) {}
    Slots* slots_ = nullptr;
  };

  // `refusal` is the sentence for those who find no slot. Outlives its slots.
  Slots(int max, std::string refusal) : max_(max), refusal_(std::move(refusal)) {}
  Slots(const Slots&) = delete;
  Slots& operator=(const Slots&) = delete;

  // A slot, or OVERLOADED.
  absl::StatusOr<Slot> Take();

 private:
  const int max_;
  const std::string refusal_;
  std::atomic<int> taken_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_SLOTS_H_
