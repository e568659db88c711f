#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_ENTITIES_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_ENTITIES_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/name.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"

namespace leasehold {

// An agent, group, secret or target to create or change. `body` is checked already.
struct EntityWrite {
  Principal principal;
  EntityKind kind = EntityKind::kAgent;
  Name name;
  std::string body;                       // see Entity::body
  UnixMillis expire_time;                 // of agents; empty = never
  std::vector<Name> member_agents;        // of groups
  std::vector<std::string> member_users;  // of groups; Texts
  std::optional<LogIndex> etag;  // where set: the index of the change that must be the last
};

// ALREADY_EXISTS; NOT_FOUND for a member that does not exist. The new uid.
absl::StatusOr<EntityUid> CreateEntity(Transaction& tx, const EntityWrite& write);

// NOT_FOUND, ETAG_MISMATCH. Writes nothing where nothing differs.
absl::StatusOr<EntityUid> UpdateEntity(Transaction& tx, const EntityWrite& write);

struct EntityDelete {
  Principal principal;
  EntityKind kind = EntityKind::kAgent;
  Name name;
  std::optional<LogIndex> etag;
};

// NOT_FOUND, ETAG_MISMATCH. A secret's versions are destroyed with it; an agent's tokens end; a
// group that a policy names simply has no members any more.
absl::StatusOr<EntityUid> DeleteEntity(Transaction& tx, const EntityDelete& request);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_ENTITIES_H_
