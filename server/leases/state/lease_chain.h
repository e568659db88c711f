#ifndef LEASEHOLD_SERVER_LEASES_STATE_LEASE_CHAIN_H_
#define LEASEHOLD_SERVER_LEASES_STATE_LEASE_CHAIN_H_

#include <array>
#include <cstddef>

#include "server/leases/state/lease_table.h"

namespace leasehold {

// How often a right can be handed on. Each use looks at every lease above its own, and a person who
// asks who is behind a use wants to read the answer in one line.
inline constexpr size_t kDelegationDepthMax = 8;

// A lease and those that it was delegated from, up to the one that an agent took itself: the first
// is the lease, the last the root. Takes no memory of its own. State folds no longer chain.
class LeaseChain {
 public:
  void Add(const Lease* lease) { leases_[size_++] = lease; }

  size_t size() const { return size_; }
  const Lease* operator[](size_t i) const { return leases_[i]; }
  const Lease* front() const { return leases_[0]; }
  const Lease* back() const { return leases_[size_ - 1]; }
  const Lease* const* begin() const { return leases_.data(); }
  const Lease* const* end() const { return leases_.data() + size_; }

 private:
  std::array<const Lease*, kDelegationDepthMax + 1> leases_{};
  size_t size_ = 0;
};

inline LeaseChain ChainOf(const LeaseTable& leases, const Lease& lease) {
  LeaseChain chain;
  const Lease* next = &lease;
  do {
    chain.Add(next);
    next = leases.Find(next->terms->parent);
  } while (next != nullptr);
  return chain;
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_LEASE_CHAIN_H_
