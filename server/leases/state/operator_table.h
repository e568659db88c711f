#ifndef LEASEHOLD_SERVER_LEASES_STATE_OPERATOR_TABLE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_OPERATOR_TABLE_H_

#include "absl/container/btree_map.h"
#include "server/base/ids.h"
#include "server/base/principal.h"

namespace leasehold {

// What people who logged in may do, by principal. A role belongs to the person and not to one
// session: who loses it at the next login loses it in all others too.
class OperatorTable {
 public:
  // kNone where the person has none, or never logged in.
  Role RoleOf(TextId principal) const {
    auto it = roles_.find(principal);
    return it == roles_.end() ? Role::kNone : it->second;
  }
  void Set(TextId principal, Role role) { roles_[principal] = role; }

  // By principal.
  const absl::btree_map<TextId, Role>& all() const { return roles_; }

 private:
  absl::btree_map<TextId, Role> roles_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_OPERATOR_TABLE_H_
