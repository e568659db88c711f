#include "server/leases/lease_watchers.h"

#include <utility>

namespace leasehold {

LeaseWatchers::Watch::~Watch() {
  absl::MutexLock lock(&owner_.mu_);
  owner_.items_.erase(id_);
}

std::unique_ptr<LeaseWatchers::Watch> LeaseWatchers::Add(Watched watched, Cut cut) {
  absl::MutexLock lock(&mu_);
  uint64_t id = next_++;
  items_.emplace(id, Item{std::move(watched), std::move(cut)});
  return std::unique_ptr<Watch>(new Watch(*this, id));
}

void LeaseWatchers::Sweep(absl::FunctionRef<absl::Status(const Watched&)> check) {
  // Under the lock, so that a watch that was destroyed is not cut afterwards.
  absl::MutexLock lock(&mu_);
  for (auto& [id, item] : items_) {
    if (item.cut == nullptr) {
      continue;
    }
    if (absl::Status why = check(item.watched); !why.ok()) {
      std::move(item.cut)(std::move(why));
      item.cut = nullptr;
    }
  }
}

size_t LeaseWatchers::size() const {
  absl::MutexLock lock(&mu_);
  return items_.size();
}

}  // namespace leasehold
