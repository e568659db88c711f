#ifndef LEASEHOLD_CLIENT_CLI_LEASE_TREE_H_
#define LEASEHOLD_CLIENT_CLI_LEASE_TREE_H_

#include <cstddef>
#include <vector>

#include "leasehold/v1/lease.pb.h"

namespace leasehold {

// A lease and how many of the listed ones stand above it.
struct LeaseInTree {
  const v1::Lease* lease = nullptr;
  size_t depth = 0;
};

// `leases`, each followed by those that were delegated from it; otherwise in their order. One whose
// parent is not among them stands at the top. The views live as long as `leases`.
std::vector<LeaseInTree> InTreeOrder(const std::vector<v1::Lease>& leases);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LEASE_TREE_H_
