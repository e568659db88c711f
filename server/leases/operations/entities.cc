#include "server/leases/operations/entities.h"

#include <algorithm>
#include <utility>

#include "absl/container/btree_set.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/entity_kind_words.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

absl::StatusOr<const Entity*> FindLive(const State& state, EntityKind kind, const Name& name,
                                       std::optional<LogIndex> etag) {
  const Entity* entity = state.entities().FindByName(kind, name.value());
  if (entity == nullptr) {
    return Error(Reason::kNotFound,
                 StrCat("there is no ", WordsOf(kind).word, " named ", name.value()));
  }
  if (etag.has_value() && entity->index != *etag) {
    return Error(Reason::kEtagMismatch,
                 StrCat("the ", WordsOf(kind).word, " ", name.value(),
                        " was changed meanwhile; read it again and repeat the change"));
  }
  return entity;
}

// Who is to be in a group.
struct Members {
  absl::btree_set<EntityUid> agents;
  absl::btree_set<std::string> users;
};

absl::StatusOr<Members> ResolveMembers(const State& state, const EntityWrite& write) {
  Members members;
  for (const Name& name : write.member_agents) {
    ASSIGN_OR_RETURN(const Entity* agent, FindLive(state, EntityKind::kAgent, name, {}));
    members.agents.insert(agent->uid);
  }
  members.users.insert(write.member_users.begin(), write.member_users.end());
  return members;
}

void Put(Transaction& tx, const EntityWrite& write, EntityUid uid) {
  Entry entry;
  ledger::v1::EntityPut* put = entry.mutable_entity_put();
  *put->mutable_control() = tx.MakeControl(write.principal);
  put->set_uid(uid.value());
  put->set_kind(static_cast<ledger::v1::EntityKind>(write.kind));
  put->set_name(tx.DefineText(WordsOf(write.kind).text, write.name.value()).value());
  put->set_body_hash(std::string(AsText(tx.AddBody(write.body))));
  put->set_expire_time_ms(tx.EpochEndMillis(write.expire_time));
  tx.Append(std::move(entry));
}

// So many ids, of ten bytes at most, stay well below the limit of an entry.
constexpr size_t kMembersPerEntry = 4000;

// One who comes into a group or goes.
struct MemberStep {
  EntityUid agent;
  TextId user;  // where `agent` is empty
  bool comes = true;
};

template <typename Id>
void AddSteps(const absl::btree_set<Id>& present, const absl::btree_set<Id>& wanted,
              Id MemberStep::*member, std::vector<MemberStep>& steps) {
  for (Id id : wanted) {
    if (!present.contains(id)) {
      steps.emplace_back().*member = id;
    }
  }
  for (Id id : present) {
    if (!wanted.contains(id)) {
      MemberStep& step = steps.emplace_back();
      step.*member = id;
      step.comes = false;
    }
  }
}

void AddStep(const MemberStep& step, ledger::v1::MembersChanged& changed) {
  if (!step.agent.empty()) {
    step.comes ? changed.add_added_agents(step.agent.value())
               : changed.add_removed_agents(step.agent.value());
  } else {
    step.comes ? changed.add_added_users(step.user.value())
               : changed.add_removed_users(step.user.value());
  }
}

void PutMembers(Transaction& tx, const Principal& principal, EntityUid group,
                const Members& wanted) {
  absl::btree_set<TextId> users;
  for (const std::string& user : wanted.users) {
    users.insert(tx.DefineText(ledger::v1::TEXT_KIND_USER, user));
  }
  const Entity& entity = *tx.state().entities().Find(group);
  std::vector<MemberStep> steps;
  AddSteps(entity.agents, wanted.agents, &MemberStep::agent, steps);
  AddSteps(entity.users, users, &MemberStep::user, steps);
  for (size_t done = 0; done < steps.size(); done += kMembersPerEntry) {
    Entry entry;
    ledger::v1::MembersChanged* changed = entry.mutable_members_changed();
    *changed->mutable_control() = tx.MakeControl(principal);
    changed->set_group(group.value());
    for (size_t i = done; i < std::min(done + kMembersPerEntry, steps.size()); ++i) {
      AddStep(steps[i], *changed);
    }
    tx.Append(std::move(entry));
  }
}

// An agent that is deleted leaves its groups.
void LeaveGroups(Transaction& tx, const Principal& principal, EntityUid agent) {
  const std::vector<EntityUid> groups = tx.state().entities().MembershipsOf(agent).uids;
  for (EntityUid group : groups) {
    Entry entry;
    ledger::v1::MembersChanged* changed = entry.mutable_members_changed();
    *changed->mutable_control() = tx.MakeControl(principal);
    changed->set_group(group.value());
    changed->add_removed_agents(agent.value());
    tx.Append(std::move(entry));
  }
}

}  // namespace

absl::StatusOr<EntityUid> CreateEntity(Transaction& tx, const EntityWrite& write) {
  const EntityTable& entities = tx.state().entities();
  if (entities.FindByName(write.kind, write.name.value()) != nullptr) {
    return Error(Reason::kAlreadyExists,
                 StrCat("there is ", write.kind == EntityKind::kAgent ? "an " : "a ",
                        WordsOf(write.kind).word, " named ", write.name.value(), " already"));
  }
  ASSIGN_OR_RETURN(auto members, ResolveMembers(tx.state(), write));
  EntityUid uid = entities.next();
  Put(tx, write, uid);
  if (write.kind == EntityKind::kGroup) {
    PutMembers(tx, write.principal, uid, members);
  }
  return uid;
}

absl::StatusOr<EntityUid> UpdateEntity(Transaction& tx, const EntityWrite& write) {
  ASSIGN_OR_RETURN(const Entity* entity, FindLive(tx.state(), write.kind, write.name, write.etag));
  ASSIGN_OR_RETURN(auto members, ResolveMembers(tx.state(), write));
  if (entity->body != write.body || entity->expire_time != write.expire_time) {
    Put(tx, write, entity->uid);
  }
  if (write.kind == EntityKind::kGroup) {
    PutMembers(tx, write.principal, entity->uid, members);
  }
  return entity->uid;
}

absl::StatusOr<EntityUid> DeleteEntity(Transaction& tx, const EntityDelete& request) {
  const State& state = tx.state();
  ASSIGN_OR_RETURN(const Entity* entity, FindLive(state, request.kind, request.name, request.etag));
  EntityUid uid = entity->uid;
  ledger::v1::Control control = tx.MakeControl(request.principal);
  if (request.kind == EntityKind::kSecret) {
    for (size_t i = 0; i < state.versions().Of(uid).size(); ++i) {
      const VersionInfo version = state.versions().Of(uid)[i];
      if (version.state == VersionState::kDestroyed) {
        continue;
      }
      Entry entry;
      *entry.mutable_version_state()->mutable_control() = control;
      entry.mutable_version_state()->set_secret(uid.value());
      entry.mutable_version_state()->set_version(version.number.value());
      entry.mutable_version_state()->set_state(ledger::v1::VERSION_STATE_KIND_DESTROYED);
      tx.Append(std::move(entry));
      tx.DestroyVersion({uid, version.number});
    }
  }
  if (request.kind == EntityKind::kAgent) {
    LeaveGroups(tx, request.principal, uid);
  }
  Entry entry;
  *entry.mutable_entity_deleted()->mutable_control() = std::move(control);
  entry.mutable_entity_deleted()->set_uid(uid.value());
  tx.Append(std::move(entry));
  return uid;
}

}  // namespace leasehold
