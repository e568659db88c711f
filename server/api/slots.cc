#include "server/api/slots.h"

#include "absl/time/time.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

// What holds a slot is mostly a commit or a read of some milliseconds.
constexpr absl::Duration kRetryAfter = absl::Milliseconds(500);

}  // namespace

Slots::Slot::~Slot() {
  if (slots_ != nullptr) {
    slots_->taken_.fetch_sub(1);
  }
}

absl::StatusOr<Slots::Slot> Slots::Take() {
  if (taken_.fetch_add(1) >= max_) {
    taken_.fetch_sub(1);
    return Error(Reason::kOverloaded, refusal_, {.retry_after = kRetryAfter});
  }
  return Slot(this);
}

}  // namespace leasehold
