#ifndef LEASEHOLD_SERVER_LEASES_STATE_ENTITY_TABLE_H_
#define LEASEHOLD_SERVER_LEASES_STATE_ENTITY_TABLE_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_set.h"
#include "absl/container/flat_hash_map.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/base/millis.h"

namespace leasehold {

class CompiledTarget;

// The numbers of the ledger's EntityKind.
enum class EntityKind { kAgent = 1, kGroup = 2, kSecret = 3, kTarget = 4 };

// An agent, group, secret or target, alive or deleted.
struct Entity {
  EntityUid uid;
  EntityKind kind = EntityKind::kAgent;
  TextId name_id;
  std::string name;  // the Name, without collection
  Hash body_hash{};
  std::string body;        // serialised leasehold.v1 message without output-only fields
  UnixMillis expire_time;  // empty = never
  UnixMillis create_time;
  UnixMillis update_time;
  LogIndex index;  // of the last change; the etag
  bool deleted = false;
  absl::btree_set<EntityUid> agents;             // of groups
  absl::btree_set<TextId> users;                 // of groups
  std::shared_ptr<const CompiledTarget> target;  // of targets
};

// Who came into a group and who went.
struct MemberChange {
  std::vector<EntityUid> added_agents;
  std::vector<EntityUid> removed_agents;
  std::vector<TextId> added_users;
  std::vector<TextId> removed_users;
};

// The groups that somebody belongs to, in order of uid; a name to each uid.
struct Memberships {
  std::vector<EntityUid> uids;
  std::vector<std::string_view> names;
};

// All entities by uid, the living ones also by name.
class EntityTable {
 public:
  EntityUid next() const { return EntityUid(entities_.size() + 1); }

  // nullptr where no such uid was ever given. Also gives deleted ones.
  const Entity* Find(EntityUid uid) const;
  // The living entity of that name, or nullptr.
  const Entity* FindByName(EntityKind kind, std::string_view name) const;
  // Living entities of `kind` in order of name.
  const std::map<std::string, EntityUid, std::less<>>& ByName(EntityKind kind) const {
    return by_name_[static_cast<int>(kind)];
  }

  // Adds (uid = next()) or replaces (a known uid; members stay).
  void Put(Entity entity);
  void Delete(EntityUid uid, UnixMillis time, LogIndex index);
  void ChangeMembers(EntityUid group, const MemberChange& change, UnixMillis time, LogIndex index);

  // The groups that `agent` belongs to now, and those that a user does; they live until the next
  // change.
  const Memberships& MembershipsOf(EntityUid agent) const;
  const Memberships& MembershipsOfUser(TextId user) const;
  // Names alone.
  const std::vector<std::string_view>& GroupsOf(EntityUid agent) const {
    return MembershipsOf(agent).names;
  }

  const std::vector<std::unique_ptr<Entity>>& all() const { return entities_; }

 private:
  void IndexGroup(const Entity& group, bool add);

  std::vector<std::unique_ptr<Entity>> entities_;
  std::map<std::string, EntityUid, std::less<>> by_name_[5];
  absl::flat_hash_map<EntityUid, Memberships> groups_of_agents_;
  absl::flat_hash_map<TextId, Memberships> groups_of_users_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_ENTITY_TABLE_H_
