#ifndef LEASEHOLD_SERVER_LEASES_STATE_POLICY_LEASES_H_
#define LEASEHOLD_SERVER_LEASES_STATE_POLICY_LEASES_H_

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/base/ids.h"

namespace leasehold {

// The leases that an agent took under a policy, so that how many of them are active is found
// without a look at all leases. Holds some that are over already, in number at most as many as
// those that are not: a revocation that ends a million does not touch it. Follows from the lease
// table and is made anew from it.
class PolicyLeases {
 public:
  // `lease` is newer than all that were added before. `over(number)` says of a lease that it will
  // never be active again; on average it is asked about few.
  template <typename Over>
  void Add(EntityUid agent, TextId policy, LeaseNumber lease, const Over& over) {
    Group& group = groups_[{agent, policy}];
    if (group.leases.size() >= group.sift_at) {
      group.leases.erase(std::remove_if(group.leases.begin(), group.leases.end(), over),
                         group.leases.end());
      group.sift_at = std::max(kSiftMin, 2 * group.leases.size());
    }
    // The newest are looked at first when they are counted.
    for (size_t i = 0; i < kDropMax && !group.leases.empty() && over(group.leases.back()); ++i) {
      group.leases.pop_back();
    }
    group.leases.push_back(lease);
  }

  // What is found out about one lease.
  enum class Found { kActive, kOver, kOverWithAllOlder };

  // Counts those of which look(number) says that they are active, from the newest back, up to
  // `enough`.
  template <typename Look>
  size_t Count(EntityUid agent, TextId policy, size_t enough, const Look& look) const {
    const auto group = groups_.find({agent, policy});
    if (group == groups_.end()) return 0;
    size_t count = 0;
    for (auto lease = group->second.leases.rbegin();
         lease != group->second.leases.rend() && count < enough; ++lease) {
      const Found found = look(*lease);
      if (found == Found::kOverWithAllOlder) break;
      count += found == Found::kActive ? 1 : 0;
    }
    return count;
  }

 private:
  static constexpr size_t kSiftMin = 16;
  // So many go with each that comes: more than come, and few enough that nobody waits for it.
  static constexpr size_t kDropMax = 64;
  struct Group {
    std::vector<LeaseNumber> leases;  // ascending
    size_t sift_at = kSiftMin;
  };
  absl::flat_hash_map<std::pair<EntityUid, TextId>, Group> groups_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_POLICY_LEASES_H_
