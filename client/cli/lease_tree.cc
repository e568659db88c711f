#include "client/cli/lease_tree.h"

#include <map>
#include <string>
#include <string_view>

namespace leasehold {
namespace {

using Children = std::map<std::string_view, std::vector<const v1::Lease*>>;

// A delegation names a parent that is older than itself, so this ends.
void AddWithChildren(const v1::Lease& lease, size_t depth, const Children& children,
                     std::vector<LeaseInTree>* order) {
  order->push_back({&lease, depth});
  const auto below = children.find(lease.name());
  if (below == children.end()) return;
  for (const v1::Lease* child : below->second) AddWithChildren(*child, depth + 1, children, order);
}

}  // namespace

std::vector<LeaseInTree> InTreeOrder(const std::vector<v1::Lease>& leases) {
  std::map<std::string_view, const v1::Lease*> by_name;
  for (const v1::Lease& lease : leases) by_name[lease.name()] = &lease;
  Children children;
  std::vector<const v1::Lease*> roots;
  for (const v1::Lease& lease : leases) {
    if (by_name.contains(lease.parent())) {
      children[lease.parent()].push_back(&lease);
    } else {
      roots.push_back(&lease);
    }
  }
  std::vector<LeaseInTree> order;
  for (const v1::Lease* root : roots) AddWithChildren(*root, 0, children, &order);
  return order;
}

}  // namespace leasehold
