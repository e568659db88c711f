#include "server/leases/state/watermarks.h"

#include "server/leases/state/lease.h"

namespace leasehold {

void Watermarks::Raise(const Revocation& revocation) {
  auto [it, inserted] = marks_.try_emplace(revocation.selector, revocation);
  if (!inserted && it->second.through < revocation.through) {
    it->second = revocation;
  }
}

const Revocation* Watermarks::Find(const Selector& selector, LeaseNumber number) const {
  auto it = marks_.find(selector);
  return it != marks_.end() && number <= it->second.through ? &it->second : nullptr;
}

const Revocation* Watermarks::Covering(const Lease& lease) const {
  if (marks_.empty()) {
    return nullptr;
  }
  for (const Selector& selector :
       {Selector::All(), Selector::OfAgent(lease.agent), Selector::OfSecret(lease.secret),
        Selector::OfWorkflow(lease.workflow), Selector::OfLease(lease.number)}) {
    if (const Revocation* found = Find(selector, lease.number)) {
      return found;
    }
  }
  return nullptr;
}

std::vector<Revocation> Watermarks::All() const {
  std::vector<Revocation> all;
  all.reserve(marks_.size());
  for (const auto& [selector, revocation] : marks_) {
    all.push_back(revocation);
  }
  return all;
}

}  // namespace leasehold
