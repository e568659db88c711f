#include "server/leases/state/snapshot_rows.h"

#include <algorithm>

namespace leasehold {
namespace {

std::string HashBytes(const Hash& hash) { return std::string(AsText(hash)); }

bool ToHash(const std::string& bytes, Hash* hash) {
  if (bytes.size() != hash->size()) {
    return false;
  }
  std::copy(bytes.begin(), bytes.end(), hash->begin());
  return true;
}

}  // namespace

std::string NumberKey(uint64_t number) {
  std::string key(8, '\0');
  for (int i = 7; i >= 0; --i) {
    key[i] = static_cast<char>(number & 0xff);
    number >>= 8;
  }
  return key;
}

ledger::v1::RevocationRow ToRow(const Revocation& revocation) {
  ledger::v1::RevocationRow row;
  row.set_number(revocation.number);
  revocation.selector.ToEntry(row.mutable_selector());
  row.set_through(revocation.through.value());
  row.set_index(revocation.index.value());
  row.set_time_ms(revocation.time.value());
  row.set_hold(revocation.hold);
  row.set_reason(revocation.reason.value());
  row.set_actor(revocation.actor.value());
  row.set_issued_before_ms(revocation.issued_before.value());
  for (EntityUid agent : revocation.member_agents) {
    row.add_member_agents(agent.value());
  }
  for (TextId user : revocation.member_users) {
    row.add_member_users(user.value());
  }
  return row;
}

bool FromRow(const ledger::v1::RevocationRow& row, Revocation* revocation) {
  std::optional<Selector> selector = Selector::FromEntry(row.selector());
  if (!selector.has_value()) {
    return false;
  }
  *revocation = {.number = row.number(),
                 .selector = *selector,
                 .through = LeaseNumber(row.through()),
                 .index = LogIndex(row.index()),
                 .time = UnixMillis(row.time_ms()),
                 .hold = row.hold(),
                 .reason = TextId(row.reason()),
                 .actor = TextId(row.actor()),
                 .issued_before = UnixMillis(row.issued_before_ms()),
                 .member_agents = {row.member_agents().begin(), row.member_agents().end()},
                 .member_users = {row.member_users().begin(), row.member_users().end()}};
  return true;
}

ledger::v1::HoldRow ToRow(const Hold& hold) {
  ledger::v1::HoldRow row;
  hold.selector.ToEntry(row.mutable_selector());
  row.set_index(hold.index.value());
  row.set_time_ms(hold.time.value());
  row.set_reason(hold.reason.value());
  row.set_actor(hold.actor.value());
  return row;
}

bool FromRow(const ledger::v1::HoldRow& row, Hold* hold) {
  std::optional<Selector> selector = Selector::FromEntry(row.selector());
  if (!selector.has_value() || !selector->CanHold()) {
    return false;
  }
  *hold = {*selector, LogIndex(row.index()), UnixMillis(row.time_ms()), TextId(row.reason()),
           TextId(row.actor())};
  return true;
}

ledger::v1::EntityRow ToRow(const Entity& entity) {
  ledger::v1::EntityRow row;
  row.set_uid(entity.uid.value());
  row.set_kind(static_cast<ledger::v1::EntityKind>(entity.kind));
  row.set_name(entity.name_id.value());
  row.set_body_hash(HashBytes(entity.body_hash));
  row.set_expire_ms(entity.expire_time.value());
  row.set_create_ms(entity.create_time.value());
  row.set_update_ms(entity.update_time.value());
  row.set_index(entity.index.value());
  row.set_deleted(entity.deleted);
  for (EntityUid agent : entity.agents) {
    row.add_agents(agent.value());
  }
  for (TextId user : entity.users) {
    row.add_users(user.value());
  }
  return row;
}

bool FromRow(const ledger::v1::EntityRow& row, Entity* entity) {
  if (row.kind() < ledger::v1::ENTITY_KIND_AGENT || row.kind() > ledger::v1::ENTITY_KIND_TARGET ||
      !ToHash(row.body_hash(), &entity->body_hash)) {
    return false;
  }
  entity->uid = EntityUid(row.uid());
  entity->kind = static_cast<EntityKind>(row.kind());
  entity->name_id = TextId(row.name());
  entity->expire_time = UnixMillis(row.expire_ms());
  entity->create_time = UnixMillis(row.create_ms());
  entity->update_time = UnixMillis(row.update_ms());
  entity->index = LogIndex(row.index());
  entity->deleted = row.deleted();
  for (uint64_t agent : row.agents()) {
    entity->agents.insert(EntityUid(agent));
  }
  for (uint64_t user : row.users()) {
    entity->users.insert(TextId(user));
  }
  return true;
}

ledger::v1::CredentialRow ToRow(const Credential& credential) {
  ledger::v1::CredentialRow row;
  row.set_credential(credential.id.value());
  row.set_agent(credential.agent.value());
  row.set_expire_ms(credential.expire_time.value());
  row.set_token_hash(HashBytes(credential.token_hash));
  row.set_kind(static_cast<ledger::v1::CredentialKind>(credential.kind));
  row.set_revoked(credential.revoked);
  row.set_principal(credential.principal.value());
  row.set_issue_ms(credential.issue_time.value());
  row.set_parent(credential.parent.value());
  return row;
}

bool FromRow(const ledger::v1::CredentialRow& row, Credential* credential) {
  *credential = {.id = CredentialId(row.credential()),
                 .agent = EntityUid(row.agent()),
                 .expire_time = UnixMillis(row.expire_ms()),
                 .issue_time = UnixMillis(row.issue_ms()),
                 .kind = row.kind(),
                 .principal = TextId(row.principal()),
                 .revoked = row.revoked(),
                 .parent = CredentialId(row.parent())};
  return ToHash(row.token_hash(), &credential->token_hash);
}

ledger::v1::VersionInfoRow ToRow(EntityUid secret, const VersionInfo& version) {
  ledger::v1::VersionInfoRow row;
  row.set_secret(secret.value());
  row.set_version(version.number.value());
  row.set_state(static_cast<ledger::v1::VersionStateKind>(version.state));
  row.set_create_ms(version.create_time.value());
  row.set_expire_ms(version.expire_time.value());
  row.set_ciphertext_hash(HashBytes(version.ciphertext_hash));
  return row;
}

bool FromRow(const ledger::v1::VersionInfoRow& row, VersionInfo* version) {
  *version = {.number = VersionNumber(row.version()),
              .state = static_cast<VersionState>(row.state()),
              .create_time = UnixMillis(row.create_ms()),
              .expire_time = UnixMillis(row.expire_ms())};
  return row.state() >= ledger::v1::VERSION_STATE_KIND_ENABLED &&
         row.state() <= ledger::v1::VERSION_STATE_KIND_DESTROYED &&
         ToHash(row.ciphertext_hash(), &version->ciphertext_hash);
}

ledger::v1::PolicyRow ToRow(const PolicyRevisionInfo& info) {
  ledger::v1::PolicyRow row;
  row.set_revision(info.revision.value());
  row.set_set_hash(HashBytes(info.set_hash));
  row.set_index(info.index.value());
  row.set_time_ms(info.time.value());
  row.set_actor(info.actor.value());
  return row;
}

bool FromRow(const ledger::v1::PolicyRow& row, PolicyRevisionInfo* info) {
  *info = {.revision = PolicyRevision(row.revision()),
           .index = LogIndex(row.index()),
           .time = UnixMillis(row.time_ms()),
           .actor = TextId(row.actor())};
  return ToHash(row.set_hash(), &info->set_hash);
}

ledger::v1::RateCounterRow ToRow(const RateCounter& counter) {
  ledger::v1::RateCounterRow row;
  row.set_rule(HashBytes(counter.key.rule));
  row.set_scope(counter.key.scope);
  row.set_per_ms(static_cast<uint64_t>(absl::ToInt64Milliseconds(counter.per)));
  for (const RateCounter::Bucket& bucket : counter.buckets) {
    row.add_last_ms(bucket.last.value());
    row.add_counts(bucket.count);
  }
  return row;
}

bool FromRow(const ledger::v1::RateCounterRow& row, RateCounter* counter) {
  counter->key.scope = row.scope();
  counter->per = absl::Milliseconds(static_cast<int64_t>(row.per_ms()));
  counter->buckets.clear();
  for (int i = 0; i < std::min(row.last_ms_size(), row.counts_size()); ++i) {
    counter->buckets.push_back({UnixMillis(row.last_ms(i)), row.counts(i)});
  }
  return row.last_ms_size() == row.counts_size() && ToHash(row.rule(), &counter->key.rule);
}

ledger::v1::ApprovalRow ToRow(const Approval& approval) {
  ledger::v1::ApprovalRow row;
  row.set_number(approval.number);
  row.set_index(approval.index.value());
  row.set_agent(approval.key.agent.value());
  row.set_secret(approval.key.secret.value());
  row.set_workflow(approval.key.workflow.value());
  row.set_policy(approval.key.policy.value());
  row.set_user(approval.key.user.value());
  row.set_purpose(approval.purpose.value());
  row.set_run(approval.run.value());
  row.set_address(approval.address.value());
  row.set_group(approval.group.value());
  row.set_approvers(approval.approvers);
  row.set_uses(approval.uses);
  row.set_used(approval.used);
  row.set_valid_for_ms(absl::ToInt64Milliseconds(approval.valid_for));
  row.set_create_ms(approval.create_time.value());
  row.set_expire_ms(approval.expire_time.value());
  row.set_answer(static_cast<uint32_t>(approval.answer));
  for (const ApprovalAnswer& answer : approval.answers) {
    ledger::v1::ApprovalAnswerRow* out = row.add_answers();
    out->set_actor(answer.actor.value());
    out->set_agent(answer.agent.value());
    out->set_user(answer.user.value());
    out->set_approved(answer.approved);
    out->set_reason(answer.reason.value());
    out->set_time_ms(answer.time.value());
  }
  return row;
}

bool FromRow(const ledger::v1::ApprovalRow& row, Approval* approval) {
  *approval = {.number = row.number(),
               .index = LogIndex(row.index()),
               .key = {.agent = EntityUid(row.agent()),
                       .secret = EntityUid(row.secret()),
                       .workflow = TextId(row.workflow()),
                       .policy = TextId(row.policy()),
                       .user = TextId(row.user())},
               .purpose = TextId(row.purpose()),
               .run = TextId(row.run()),
               .address = TextId(row.address()),
               .group = EntityUid(row.group()),
               .approvers = row.approvers(),
               .uses = row.uses(),
               .used = row.used(),
               .valid_for = absl::Milliseconds(row.valid_for_ms()),
               .create_time = UnixMillis(row.create_ms()),
               .expire_time = UnixMillis(row.expire_ms()),
               .answer = static_cast<Approval::Answer>(row.answer())};
  for (const ledger::v1::ApprovalAnswerRow& answer : row.answers()) {
    approval->answers.push_back({.actor = TextId(answer.actor()),
                                 .agent = EntityUid(answer.agent()),
                                 .user = TextId(answer.user()),
                                 .approved = answer.approved(),
                                 .reason = TextId(answer.reason()),
                                 .time = UnixMillis(answer.time_ms())});
  }
  return row.answer() <= static_cast<uint32_t>(Approval::Answer::kEnded);
}

ledger::v1::KeyChangeRow ToRow(const KeyChange& change) {
  ledger::v1::KeyChangeRow row;
  row.set_key_class(static_cast<ledger::v1::KeyClass>(change.cls));
  row.set_number(change.number);
  row.set_index(change.index.value());
  row.set_leases_through(change.leases_through.value());
  row.set_public_key(change.public_key);
  row.set_signature(change.signature);
  return row;
}

bool FromRow(const ledger::v1::KeyChangeRow& row, KeyChange* change) {
  *change = {.cls = static_cast<KeyClass>(row.key_class()),
             .number = static_cast<uint32_t>(row.number()),
             .index = LogIndex(row.index()),
             .leases_through = LeaseNumber(row.leases_through()),
             .public_key = row.public_key(),
             .signature = row.signature()};
  return row.key_class() >= ledger::v1::KEY_CLASS_KEY_ENCRYPTION &&
         row.key_class() <= ledger::v1::KEY_CLASS_CHECKPOINT;
}

ledger::v1::RequestRow ToRow(const RequestIds::Made& made) {
  ledger::v1::RequestRow row;
  row.set_request_hash(made.request_hash);
  row.set_index(made.index.value());
  row.set_time_ms(made.time.value());
  row.set_number(made.number);
  return row;
}

RequestIds::Made FromRow(const ledger::v1::RequestRow& row) {
  return {row.request_hash(), LogIndex(row.index()), UnixMillis(row.time_ms()), row.number()};
}

}  // namespace leasehold
