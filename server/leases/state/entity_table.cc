#include "server/leases/state/entity_table.h"

#include <algorithm>

#include "server/base/check.h"

namespace leasehold {
namespace {

const Memberships& NoMemberships() {
  static const Memberships& none = *new Memberships();
  return none;
}

// Puts `group` into the list, or takes it out.
void IndexMember(Memberships& memberships, const Entity& group, bool add) {
  auto place = std::lower_bound(memberships.uids.begin(), memberships.uids.end(), group.uid);
  auto name = memberships.names.begin() + (place - memberships.uids.begin());
  if (add) {
    memberships.uids.insert(place, group.uid);
    memberships.names.insert(name, group.name);
  } else if (place != memberships.uids.end() && *place == group.uid) {
    memberships.uids.erase(place);
    memberships.names.erase(name);
  }
}

}  // namespace

const Entity* EntityTable::Find(EntityUid uid) const {
  return uid.empty() || uid.value() > entities_.size() ? nullptr : entities_[uid.value() - 1].get();
}

const Entity* EntityTable::FindByName(EntityKind kind, std::string_view name) const {
  const auto& names = ByName(kind);
  auto it = names.find(name);
  return it == names.end() ? nullptr : Find(it->second);
}

void EntityTable::Put(Entity entity) {
  if (entity.uid == next()) {
    entities_.push_back(std::make_unique<Entity>(std::move(entity)));
    Entity& added = *entities_.back();
    if (!added.deleted) {
      by_name_[static_cast<int>(added.kind)].emplace(added.name, added.uid);
      IndexGroup(added, true);
    }
    return;
  }
  LEASEHOLD_CHECK(Find(entity.uid) != nullptr);
  Entity& known = *entities_[entity.uid.value() - 1];
  LEASEHOLD_CHECK(known.kind == entity.kind && known.name_id == entity.name_id && !known.deleted);
  known.body_hash = entity.body_hash;
  known.body = std::move(entity.body);
  known.expire_time = entity.expire_time;
  known.update_time = entity.update_time;
  known.index = entity.index;
  known.target = std::move(entity.target);
}

void EntityTable::Delete(EntityUid uid, UnixMillis time, LogIndex index) {
  Entity& entity = *entities_[uid.value() - 1];
  LEASEHOLD_CHECK(!entity.deleted);
  IndexGroup(entity, false);
  entity.deleted = true;
  entity.update_time = time;
  entity.index = index;
  entity.agents.clear();
  entity.users.clear();
  entity.target.reset();
  by_name_[static_cast<int>(entity.kind)].erase(entity.name);
}

void EntityTable::ChangeMembers(EntityUid group, const MemberChange& change, UnixMillis time,
                                LogIndex index) {
  Entity& entity = *entities_[group.value() - 1];
  LEASEHOLD_CHECK(entity.kind == EntityKind::kGroup && !entity.deleted);
  IndexGroup(entity, false);
  for (EntityUid uid : change.removed_agents) {
    entity.agents.erase(uid);
  }
  for (TextId user : change.removed_users) {
    entity.users.erase(user);
  }
  entity.agents.insert(change.added_agents.begin(), change.added_agents.end());
  entity.users.insert(change.added_users.begin(), change.added_users.end());
  entity.update_time = time;
  entity.index = index;
  IndexGroup(entity, true);
}

void EntityTable::IndexGroup(const Entity& group, bool add) {
  for (EntityUid agent : group.agents) {
    IndexMember(groups_of_agents_[agent], group, add);
  }
  for (TextId user : group.users) {
    IndexMember(groups_of_users_[user], group, add);
  }
}

const Memberships& EntityTable::MembershipsOf(EntityUid agent) const {
  auto it = groups_of_agents_.find(agent);
  return it == groups_of_agents_.end() ? NoMemberships() : it->second;
}

const Memberships& EntityTable::MembershipsOfUser(TextId user) const {
  auto it = groups_of_users_.find(user);
  return it == groups_of_users_.end() ? NoMemberships() : it->second;
}

}  // namespace leasehold
