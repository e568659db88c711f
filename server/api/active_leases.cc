#include "server/api/active_leases.h"

#include <algorithm>

namespace leasehold {

uint64_t CountActiveLeases(const PublishedState& published, UnixMillis now) {
  uint64_t active = 0;
  uint64_t next = 0;  // 0: where the current epoch's begin
  bool more = true;
  while (more) {
    published.Read([&](const PublishedState::View& view) {
      const State& state = view.state;
      next = std::max(next, state.earlier_epochs_through().value() + 1);
      uint64_t end = std::min(state.leases().next().value(), next + LeaseTable::kChunkLeases);
      for (; next < end; ++next) {
        active += state.CheckLease(*state.leases().Find(LeaseNumber(next)), now).ok() ? 1 : 0;
      }
      more = next < state.leases().next().value();
    });
  }
  return active;
}

}  // namespace leasehold
