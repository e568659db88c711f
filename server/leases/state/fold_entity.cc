// What entries about agents, groups, secrets, targets and credentials do to the state.

#include <algorithm>

#include "leasehold/ledger/v1/entry.pb.h"
#include "leasehold/v1/identity.pb.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/state/entity_kind_words.h"
#include "server/leases/state/fold_error.h"
#include "server/leases/state/state.h"
#include "server/policy/compiled_target.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

absl::StatusOr<Hash> ToHash(LogIndex index, const std::string& bytes) {
  Hash hash;
  if (bytes.size() != hash.size()) {
    return FoldError(index, "holds a hash of the wrong length");
  }
  std::copy(bytes.begin(), bytes.end(), hash.begin());
  return hash;
}

absl::StatusOr<std::shared_ptr<const CompiledTarget>> CompileTargetBody(LogIndex index,
                                                                        std::string_view body) {
  v1::Target target;
  if (!target.ParseFromArray(body.data(), static_cast<int>(body.size()))) {
    return FoldError(index, "declares a target whose body does not parse");
  }
  return CompiledTarget::Compile(target);
}

}  // namespace

absl::Status State::PutEntity(LogIndex index, const ledger::v1::EntityPut& put, SideSource& side) {
  Entity entity{.uid = EntityUid(put.uid()),
                .kind = static_cast<EntityKind>(put.kind()),
                .name_id = TextId(put.name()),
                .name = std::string(texts_.Get(TextId(put.name()))),
                .expire_time = EndAt(put.expire_time_ms()),
                .create_time = last_time_,
                .update_time = last_time_,
                .index = index};
  ASSIGN_OR_RETURN(entity.body_hash, ToHash(index, put.body_hash()));
  if (texts_.KindOf(entity.name_id) != WordsOf(entity.kind).text) {
    return FoldError(index, "gives something a name of another kind");
  }
  const Entity* known = entities_.Find(entity.uid);
  if (known == nullptr
          ? entity.uid != entities_.next() ||
                entities_.FindByName(entity.kind, entity.name) != nullptr
          : known->deleted || known->kind != entity.kind || known->name_id != entity.name_id) {
    return FoldError(index, "puts something under a uid or name that is not its own");
  }
  std::optional<std::string_view> body = side.Body(entity.body_hash);
  if (!body.has_value()) {
    return Error(Reason::kStoreDamaged,
                 StrCat("the body that entry ", index.value(), " refers to is missing"));
  }
  entity.body = *body;
  if (entity.kind == EntityKind::kTarget) {
    ASSIGN_OR_RETURN(entity.target, CompileTargetBody(index, *body));
  }
  entities_.Put(std::move(entity));
  return absl::OkStatus();
}

absl::Status State::FoldEntity(LogIndex index, const Entry& entry, SideSource& side) {
  if (entry.has_entity_put()) {
    return PutEntity(index, entry.entity_put(), side);
  }
  EntityUid uid(entry.has_entity_deleted() ? entry.entity_deleted().uid()
                                           : entry.members_changed().group());
  const Entity* entity = entities_.Find(uid);
  if (entity == nullptr || entity->deleted) {
    return FoldError(index, "changes something that does not exist");
  }
  if (entry.has_entity_deleted()) {
    entities_.Delete(uid, last_time_, index);
    return absl::OkStatus();
  }
  const ledger::v1::MembersChanged& changed = entry.members_changed();
  if (entity->kind != EntityKind::kGroup) {
    return FoldError(index, "changes members of what is no group");
  }
  MemberChange change;
  for (uint64_t agent : changed.added_agents()) {
    const Entity* member = entities_.Find(EntityUid(agent));
    if (member == nullptr || member->kind != EntityKind::kAgent || member->deleted) {
      return FoldError(index, "adds a member that is no agent");
    }
    change.added_agents.emplace_back(agent);
  }
  for (uint64_t agent : changed.removed_agents()) {
    change.removed_agents.emplace_back(agent);
  }
  for (uint64_t user : changed.added_users()) {
    if (texts_.KindOf(TextId(user)) != ledger::v1::TEXT_KIND_USER) {
      return FoldError(index, "adds a member that is no user");
    }
    change.added_users.emplace_back(user);
  }
  for (uint64_t user : changed.removed_users()) {
    change.removed_users.emplace_back(user);
  }
  entities_.ChangeMembers(uid, change, last_time_, index);
  return absl::OkStatus();
}

absl::Status State::FoldSecret(LogIndex index, const Entry& entry) {
  if (entry.has_credential_issued()) {
    const ledger::v1::CredentialIssued& issued = entry.credential_issued();
    if (issued.kind() == ledger::v1::CREDENTIAL_KIND_OPERATOR_SESSION) {
      return FoldOperator(index, entry);
    }
    const Entity* agent = entities_.Find(EntityUid(issued.agent()));
    if (CredentialId(issued.credential()) != credentials_.next() || agent == nullptr ||
        agent->kind != EntityKind::kAgent || agent->deleted) {
      return FoldError(index, "issues a credential out of order or to nobody");
    }
    Credential credential{.id = CredentialId(issued.credential()),
                          .agent = agent->uid,
                          .expire_time = EndAt(issued.expire_time_ms()),
                          .issue_time = last_time_,
                          .kind = issued.kind()};
    ASSIGN_OR_RETURN(credential.token_hash, ToHash(index, issued.token_hash()));
    const CredentialId shown(issued.control().credential());
    const Credential* parent = credentials_.Find(shown);
    if (parent != nullptr && parent->agent == agent->uid) credential.parent = shown;
    credentials_.Add(credential);
    return absl::OkStatus();
  }
  if (entry.has_credential_revoked()) {
    CredentialId id(entry.credential_revoked().credential());
    const Credential* credential = credentials_.Find(id);
    if (credential == nullptr) {
      return FoldError(index, "revokes a credential that was never issued");
    }
    const UnixMillis end = EndAt(entry.credential_revoked().end_time_ms());
    if (end.empty()) {
      credentials_.Revoke(id);
      return absl::OkStatus();
    }
    if (!credential->expire_time.empty() && end > credential->expire_time) {
      return FoldError(index, "lets a credential live longer than it was issued for");
    }
    credentials_.EndAt(id, end);
    return absl::OkStatus();
  }
  bool added = entry.has_version_added();
  EntityUid uid(added ? entry.version_added().secret() : entry.version_state().secret());
  VersionNumber number(added ? entry.version_added().version() : entry.version_state().version());
  const Entity* secret = entities_.Find(uid);
  if (secret == nullptr || secret->kind != EntityKind::kSecret || secret->deleted ||
      (added ? number != versions_.next(uid) : versions_.Find(uid, number) == nullptr)) {
    return FoldError(index, "is about a version out of order or of no secret");
  }
  if (added) {
    VersionInfo info{.number = number,
                     .create_time = last_time_,
                     .expire_time = EndAt(entry.version_added().expire_time_ms())};
    ASSIGN_OR_RETURN(info.ciphertext_hash, ToHash(index, entry.version_added().ciphertext_hash()));
    versions_.Add(uid, info);
    requests_.Add(
        {entry.version_added().control().request_hash(), index, last_time_, number.value()});
    return absl::OkStatus();
  }
  if (versions_.Find(uid, number)->state == VersionState::kDestroyed) {
    return FoldError(index, "changes a version that was destroyed");
  }
  if (entry.version_state().state() < ledger::v1::VERSION_STATE_KIND_ENABLED ||
      entry.version_state().state() > ledger::v1::VERSION_STATE_KIND_DESTROYED) {
    return FoldError(index, "puts a version into a state that there is not");
  }
  versions_.SetState(uid, number, static_cast<VersionState>(entry.version_state().state()));
  return absl::OkStatus();
}

absl::Status State::FoldPolicy(LogIndex index, const ledger::v1::PolicyApplied& applied,
                               SideSource& side) {
  PolicyRevision revision(applied.revision());
  if (revision.value() != policies_.revision().value() + 1) {
    return FoldError(index, "applies a policy revision that is not the next");
  }
  PolicyRevisionInfo info{.revision = revision,
                          .index = index,
                          .time = last_time_,
                          .actor = TextId(applied.control().actor())};
  ASSIGN_OR_RETURN(info.set_hash, ToHash(index, applied.set_hash()));
  std::shared_ptr<const CompiledPolicies> compiled = side.Policies(info.set_hash);
  if (compiled == nullptr || compiled->revision() != revision) {
    std::optional<std::string_view> body = side.Body(info.set_hash);
    v1::PolicySet set;
    if (!body.has_value() || !set.ParseFromArray(body->data(), static_cast<int>(body->size()))) {
      return Error(Reason::kStoreDamaged,
                   StrCat("the policy set that entry ", index.value(), " applies is missing"));
    }
    ASSIGN_OR_RETURN(compiled, CompiledPolicies::Compile(set, revision));
  }
  policies_.Apply(info, std::move(compiled));
  return absl::OkStatus();
}

}  // namespace leasehold
