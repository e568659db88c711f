#include "server/leases/state/entity_table.h"

#include <algorithm>

#include "server/base/check.h"

namespace leasehold {

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
  entity.target.reset();
  by_name_[static_cast<int>(entity.kind)].erase(entity.name);
}

void EntityTable::ChangeMembers(EntityUid group, const std::vector<EntityUid>& added,
                                const std::vector<EntityUid>& removed, UnixMillis time,
                                LogIndex index) {
  Entity& entity = *entities_[group.value() - 1];
  LEASEHOLD_CHECK(entity.kind == EntityKind::kGroup && !entity.deleted);
  IndexGroup(entity, false);
  for (EntityUid uid : removed) {
    entity.agents.erase(uid);
  }
  entity.agents.insert(added.begin(), added.end());
  entity.update_time = time;
  entity.index = index;
  IndexGroup(entity, true);
}

void EntityTable::IndexGroup(const Entity& group, bool add) {
  for (EntityUid agent : group.agents) {
    auto& names = groups_of_[agent];
    if (add) {
      names.push_back(group.name);
    } else {
      names.erase(std::remove(names.begin(), names.end(), std::string_view(group.name)),
                  names.end());
    }
  }
}

const std::vector<std::string_view>& EntityTable::GroupsOf(EntityUid agent) const {
  static const std::vector<std::string_view>& none = *new std::vector<std::string_view>();
  auto it = groups_of_.find(agent);
  return it == groups_of_.end() ? none : it->second;
}

}  // namespace leasehold
