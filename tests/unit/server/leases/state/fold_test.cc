// What the fold refuses. Longer than most files: nearly all of it is one table, one row for each
// contradiction.

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/leases/furnished_world.h"
#include "tests/unit/server/leases/state/folds.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// A furnished ledger with a lease of db/login by bot (1, released), a hold on db/prod, a
// destroyed version of api/key, and an agent `gone` that was deleted.
void Live(FurnishedWorld& world) {
  const AcquireResult lease = world.Lease(world.bot, "db/login");
  REQUIRE(world.TryUse(world.bot, lease) == Reason::kNone);
  REQUIRE(world.Await(world.Revoke(SecretSelector("db/prod"))).ok());
  REQUIRE(world.Await(world.Release(lease)).ok());
  world.SetVersion("api/key", 1, VersionState::kDestroyed);
  world.CreateAgent("gone");
  world.Delete(EntityKind::kAgent, "gone");
}

uint64_t UidOf(const State& state, EntityKind kind, std::string_view name) {
  return state.entities().FindByName(kind, name)->uid.value();
}

// An entry after the ledger of Live that fits in.
Entry Lease(const State& state) {
  Entry entry;
  ledger::v1::LeaseIssued* issued = entry.mutable_lease_issued();
  issued->set_number(2);
  issued->set_agent(UidOf(state, EntityKind::kAgent, "bot"));
  issued->set_secret(UidOf(state, EntityKind::kSecret, "db/login"));
  issued->set_workflow(state.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, "default").value());
  issued->set_policy(state.texts().Find(ledger::v1::TEXT_KIND_POLICY, "db-reads").value());
  issued->set_version(1);
  issued->set_delivery(ledger::v1::DELIVERY_BROKERED);
  issued->set_binding(ledger::v1::BINDING_IDENTITY);
  issued->set_expire_time_ms(1000);
  issued->set_max_expire_time_ms(2000);
  return entry;
}

// Asks mailers for a lease of db/login for bot.
Entry Request(const State& state) {
  Entry entry;
  ledger::v1::ApprovalRequested* asked = entry.mutable_approval_requested();
  const Entry lease = Lease(state);
  asked->set_approval(1);
  asked->set_agent(lease.lease_issued().agent());
  asked->set_secret(lease.lease_issued().secret());
  asked->set_workflow(lease.lease_issued().workflow());
  asked->set_policy(lease.lease_issued().policy());
  asked->set_group(UidOf(state, EntityKind::kGroup, "mailers"));
  asked->set_purpose(state.revocations().front().reason.value());
  asked->set_approvers(1);
  asked->set_uses(1);
  asked->set_valid_for_ms(1000);
  asked->set_expire_time_ms(1'000'000'000);
  return entry;
}

Entry Put(const State& state, EntityKind kind, std::string_view name) {
  const Entity* entity = state.entities().FindByName(kind, name);
  Entry entry;
  ledger::v1::EntityPut* put = entry.mutable_entity_put();
  put->set_uid(entity->uid.value());
  put->set_kind(static_cast<ledger::v1::EntityKind>(kind));
  put->set_name(entity->name_id.value());
  put->set_body_hash(std::string(AsText(entity->body_hash)));
  return entry;
}

struct Row {
  const char* why;
  std::function<void(const State&, Entry&)> make;
  const char* says;  // a part of the error; nullptr: it fits
};

const std::string kHash(32, 'h');

const std::vector<Row>& Table() {
  static const std::vector<Row>& table = *new std::vector<Row>{
      {"a lease", [](auto& s, Entry& e) { e = Lease(s); }, nullptr},
      {"a lease number left out",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_number(3); },
       "number is not the next"},
      {"a lease number again",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_number(1); },
       "number is not the next"},
      {"a lease of nobody",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_agent(999); },
       "never defined"},
      {"a lease of an agent as secret",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->set_secret(e.lease_issued().agent());
       },
       "never defined"},
      {"a lease in an unknown workflow",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_workflow(999); },
       "never defined"},
      {"a lease without a policy",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_policy(0); },
       "never defined"},
      {"a lease with no way of delivery",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->set_delivery(ledger::v1::DELIVERY_UNSPECIFIED);
       },
       "delivery"},
      {"a lease that ends after its maximum",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_expire_time_ms(2001); },
       "beyond its maximum"},
      {"a lease bound to nothing",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->set_binding(ledger::v1::BINDING_UNSPECIFIED);
       },
       "bound to nothing"},
      {"a lease bound to a certificate that is not told",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->set_binding(ledger::v1::BINDING_CERTIFICATE);
       },
       "proof"},
      {"a lease bound to a certificate",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->set_binding(ledger::v1::BINDING_CERTIFICATE);
         e.mutable_lease_issued()->set_proof_hash(kHash);
       },
       nullptr},
      {"a proof without a binding",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_proof_hash(kHash); },
       "proof"},
      {"a lease on an approval that nobody asked for",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_approval(1); },
       "nobody asked for"},
      {"a request for approval", [](auto& s, Entry& e) { e = Request(s); }, nullptr},
      {"a request out of order",
       [](auto& s, Entry& e) { (e = Request(s)).mutable_approval_requested()->set_approval(2); },
       "number that is not the next"},
      {"a request to an agent as group",
       [](auto& s, Entry& e) {
         (e = Request(s)).mutable_approval_requested()->set_group(e.approval_requested().agent());
       },
       "never defined"},
      {"a request that does not say what for",
       [](auto& s, Entry& e) { (e = Request(s)).mutable_approval_requested()->clear_purpose(); },
       "never defined"},
      {"a request to nobody",
       [](auto& s, Entry& e) { (e = Request(s)).mutable_approval_requested()->set_approvers(0); },
       "by nobody"},
      {"a request that was over before it came",
       [](auto& s, Entry& e) {
         (e = Request(s)).mutable_approval_requested()->set_expire_time_ms(0);
       },
       "for no time"},
      {"an answer to no request",
       [](auto&, Entry& e) { e.mutable_approval_decided()->set_approval(1); },
       "that there is not"},
      {"a lease in a group",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->add_groups(UidOf(s, EntityKind::kGroup, "mailers"));
       },
       nullptr},
      {"a lease in an agent as group",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->add_groups(UidOf(s, EntityKind::kAgent, "bot"));
       },
       "no group"},
      {"a claimed group that is not among the groups",
       [](auto& s, Entry& e) {
         (e = Lease(s))
             .mutable_lease_issued()
             ->add_claimed_groups(UidOf(s, EntityKind::kGroup, "mailers"));
       },
       "groups are out of order"},
      {"a group twice",
       [](auto& s, Entry& e) {
         const uint64_t group = UidOf(s, EntityKind::kGroup, "mailers");
         (e = Lease(s)).mutable_lease_issued()->add_groups(group);
         e.mutable_lease_issued()->add_groups(group);
       },
       "groups are out of order"},
      {"a lease on behalf of a workflow",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->set_user(e.lease_issued().workflow());
       },
       "no user"},
      {"a lease under one that never was",
       [](auto& s, Entry& e) { (e = Lease(s)).mutable_lease_issued()->set_parent(2); },
       "never issued"},
      {"a narrowing without a parent",
       [](auto& s, Entry& e) {
         (e = Lease(s)).mutable_lease_issued()->set_narrowing_hash(kHash);
       },
       "not delegated"},
      {"a renewal of nothing", [](auto&, Entry& e) { e.mutable_lease_renewed()->set_number(2); },
       "never issued"},
      {"a renewal beyond the maximum",
       [](auto&, Entry& e) {
         e.mutable_lease_renewed()->set_number(1);
         e.mutable_lease_renewed()->set_expire_time_ms(uint64_t{1} << 40);
       },
       "beyond its maximum"},
      {"a release of nothing", [](auto&, Entry& e) { e.mutable_lease_released()->set_number(0); },
       "never issued"},
      {"a use of nothing",
       [](auto&, Entry& e) {
         e.mutable_use()->set_lease(2);
         e.mutable_use()->set_verdict(ledger::v1::VERDICT_ALLOWED);
       },
       "never issued"},
      {"an allowed use with a reason",
       [](auto&, Entry& e) {
         e.mutable_use()->set_lease(1);
         e.mutable_use()->set_verdict(ledger::v1::VERDICT_ALLOWED);
         e.mutable_use()->set_reason(2);
       },
       "gives a reason"},
      {"a denied use without one",
       [](auto&, Entry& e) {
         e.mutable_use()->set_lease(1);
         e.mutable_use()->set_verdict(ledger::v1::VERDICT_DENIED);
       },
       "gives a reason"},
      {"refusals without a reason",
       [](auto&, Entry& e) { e.mutable_refusals_summarized()->set_count(3); },
       "without a reason"},
      {"refusals of a lease that never was",
       [](auto&, Entry& e) {
         e.mutable_refusals_summarized()->set_reason(2);
         e.mutable_refusals_summarized()->set_lease(5);
       },
       "never issued"},
      {"a revocation out of order",
       [](auto&, Entry& e) {
         e.mutable_revoked()->mutable_selector()->set_all(true);
         e.mutable_revoked()->set_number(3);
       },
       "not the next"},
      {"a revocation of leases to come",
       [](auto&, Entry& e) {
         e.mutable_revoked()->mutable_selector()->set_all(true);
         e.mutable_revoked()->set_number(2);
         e.mutable_revoked()->set_through(2);
       },
       "not the next"},
      {"a revocation of nothing",
       [](auto&, Entry& e) {
         e.mutable_revoked()->mutable_selector();
         e.mutable_revoked()->set_number(2);
       },
       "revokes what is nothing"},
      {"a revocation of everything and more",
       [](auto& s, Entry& e) {
         e.mutable_revoked()->mutable_selector()->set_all(true);
         e.mutable_revoked()->mutable_selector()->set_agent(UidOf(s, EntityKind::kAgent, "bot"));
         e.mutable_revoked()->set_number(2);
       },
       "revokes what is nothing"},
      {"a revocation of a version of no secret",
       [](auto&, Entry& e) {
         e.mutable_revoked()->mutable_selector()->set_version(1);
         e.mutable_revoked()->set_number(2);
       },
       "revokes what is nothing"},
      {"a hold on a pair",
       [](auto& s, Entry& e) {
         auto* selector = e.mutable_hold_set()->mutable_selector();
         selector->set_agent(UidOf(s, EntityKind::kAgent, "bot"));
         selector->set_secret(UidOf(s, EntityKind::kSecret, "db/login"));
       },
       "cannot be held"},
      {"a hold on everything",
       [](auto&, Entry& e) { e.mutable_hold_set()->mutable_selector()->set_all(true); },
       "cannot be held"},
      {"a revocation that holds what cannot be held",
       [](auto&, Entry& e) {
         e.mutable_revoked()->mutable_selector()->set_all(true);
         e.mutable_revoked()->set_number(2);
         e.mutable_revoked()->set_hold(true);
       },
       "cannot be held"},
      {"the end of a hold that is not",
       [](auto& s, Entry& e) {
         e.mutable_hold_cleared()->mutable_selector()->set_agent(
             UidOf(s, EntityKind::kAgent, "bot"));
       },
       "was not set"},
      {"the end of a hold that is",
       [](auto& s, Entry& e) {
         e.mutable_hold_cleared()->mutable_selector()->set_secret(
             UidOf(s, EntityKind::kSecret, "db/prod"));
       },
       nullptr},
      {"an agent put again", [](auto& s, Entry& e) { e = Put(s, EntityKind::kAgent, "bot"); },
       nullptr},
      {"an agent under another's uid",
       [](auto& s, Entry& e) {
         e = Put(s, EntityKind::kAgent, "bot");
         e.mutable_entity_put()->set_uid(UidOf(s, EntityKind::kAgent, "crawler"));
       },
       "not its own"},
      {"a second agent of a name",
       [](auto& s, Entry& e) {
         e = Put(s, EntityKind::kAgent, "bot");
         e.mutable_entity_put()->set_uid(s.entities().next().value());
       },
       "not its own"},
      {"a deleted agent put again",
       [](auto& s, Entry& e) {
         e = Put(s, EntityKind::kAgent, "bot");
         e.mutable_entity_put()->set_uid(s.entities().next().value() - 1);
       },
       "not its own"},
      {"an agent with the name of a secret",
       [](auto& s, Entry& e) {
         e = Put(s, EntityKind::kSecret, "db/login");
         e.mutable_entity_put()->set_kind(ledger::v1::ENTITY_KIND_AGENT);
       },
       "name of another kind"},
      {"a thing of no kind",
       [](auto& s, Entry& e) {
         e = Put(s, EntityKind::kAgent, "bot");
         e.mutable_entity_put()->set_kind(ledger::v1::ENTITY_KIND_UNSPECIFIED);
       },
       "name of another kind"},
      {"a body by a short hash",
       [](auto& s, Entry& e) {
         e = Put(s, EntityKind::kAgent, "bot");
         e.mutable_entity_put()->set_body_hash("short");
       },
       "wrong length"},
      {"deleting nothing", [](auto&, Entry& e) { e.mutable_entity_deleted()->set_uid(999); },
       "does not exist"},
      {"deleting what is deleted",
       [](auto& s, Entry& e) {
         e.mutable_entity_deleted()->set_uid(s.entities().next().value() - 1);
       },
       "does not exist"},
      {"members of an agent",
       [](auto& s, Entry& e) {
         e.mutable_members_changed()->set_group(UidOf(s, EntityKind::kAgent, "bot"));
       },
       "no group"},
      {"a secret as member",
       [](auto& s, Entry& e) {
         e.mutable_members_changed()->set_group(UidOf(s, EntityKind::kGroup, "mailers"));
         e.mutable_members_changed()->add_added_agents(
             UidOf(s, EntityKind::kSecret, "db/login"));
       },
       "no agent"},
      {"a deleted agent as member",
       [](auto& s, Entry& e) {
         e.mutable_members_changed()->set_group(UidOf(s, EntityKind::kGroup, "mailers"));
         e.mutable_members_changed()->add_added_agents(s.entities().next().value() - 1);
       },
       "no agent"},
      {"a workflow as user in a group",
       [](auto& s, Entry& e) {
         e.mutable_members_changed()->set_group(UidOf(s, EntityKind::kGroup, "mailers"));
         e.mutable_members_changed()->add_added_users(
             s.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, "default").value());
       },
       "no user"},
      {"a credential out of order",
       [](auto& s, Entry& e) {
         e.mutable_credential_issued()->set_credential(9);
         e.mutable_credential_issued()->set_agent(UidOf(s, EntityKind::kAgent, "bot"));
         e.mutable_credential_issued()->set_token_hash(kHash);
       },
       "out of order or to nobody"},
      {"a credential of a deleted agent",
       [](auto& s, Entry& e) {
         e.mutable_credential_issued()->set_credential(s.credentials().next().value());
         e.mutable_credential_issued()->set_agent(s.entities().next().value() - 1);
         e.mutable_credential_issued()->set_token_hash(kHash);
       },
       "out of order or to nobody"},
      {"a session for somebody who has no role",
       [](auto& s, Entry& e) {
         auto* session = e.mutable_credential_issued();
         session->set_credential(s.credentials().next().value());
         session->set_kind(ledger::v1::CREDENTIAL_KIND_OPERATOR_SESSION);
         session->mutable_control()->set_actor(
             s.texts().Find(ledger::v1::TEXT_KIND_PRINCIPAL, "operator:uid=0").value());
         session->set_expire_time_ms(1 << 20);
         session->set_token_hash(kHash);
       },
       "issues a session"},
      {"a role for what is no principal",
       [](auto& s, Entry& e) {
         e.mutable_role_changed()->set_principal(
             s.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, "default").value());
         e.mutable_role_changed()->set_role(1);
       },
       "role that is none"},
      {"an agent's role for a person",
       [](auto& s, Entry& e) {
         e.mutable_role_changed()->set_principal(
             s.texts().Find(ledger::v1::TEXT_KIND_PRINCIPAL, "operator:uid=0").value());
         e.mutable_role_changed()->set_role(4);
       },
       "role that is none"},
      {"identity rules without a whole hash",
       [](auto&, Entry& e) { e.mutable_config_loaded()->set_rules_hash("short"); },
       "wrong length"},
      {"revoking a credential that never was",
       [](auto&, Entry& e) { e.mutable_credential_revoked()->set_credential(9); },
       "never issued"},
      {"a version left out",
       [](auto& s, Entry& e) {
         e.mutable_version_added()->set_secret(UidOf(s, EntityKind::kSecret, "db/login"));
         e.mutable_version_added()->set_version(3);
         e.mutable_version_added()->set_ciphertext_hash(kHash);
       },
       "version out of order"},
      {"a version of an agent",
       [](auto& s, Entry& e) {
         e.mutable_version_added()->set_secret(UidOf(s, EntityKind::kAgent, "bot"));
         e.mutable_version_added()->set_version(1);
         e.mutable_version_added()->set_ciphertext_hash(kHash);
       },
       "version out of order"},
      {"a destroyed version enabled",
       [](auto& s, Entry& e) {
         e.mutable_version_state()->set_secret(UidOf(s, EntityKind::kSecret, "api/key"));
         e.mutable_version_state()->set_version(1);
         e.mutable_version_state()->set_state(ledger::v1::VERSION_STATE_KIND_ENABLED);
       },
       "was destroyed"},
      {"a version in no state",
       [](auto& s, Entry& e) {
         e.mutable_version_state()->set_secret(UidOf(s, EntityKind::kSecret, "db/login"));
         e.mutable_version_state()->set_version(1);
       },
       "state"},
      {"a policy revision left out",
       [](auto&, Entry& e) {
         e.mutable_policy_applied()->set_revision(3);
         e.mutable_policy_applied()->set_set_hash(kHash);
       },
       "not the next"},
      {"a text out of order", [](auto&, Entry& e) { e.mutable_text_defined()->set_id(1); },
       "text whose id is not the next"},
      {"a second log",
       [](auto&, Entry& e) {
         e.mutable_log_created()->set_log(1);
         e.mutable_log_created()->set_epoch(1);
       },
       "there already"},
      {"an epoch at another place",
       [](auto& s, Entry& e) {
         e.mutable_epoch_started()->set_epoch(1);
         e.mutable_epoch_started()->set_previous_size(s.size() - 1);
         e.mutable_epoch_started()->set_through(1);
       },
       "elsewhere"},
      {"an epoch that leaves leases alive",
       [](auto& s, Entry& e) {
         e.mutable_epoch_started()->set_epoch(1);
         e.mutable_epoch_started()->set_previous_size(s.size());
       },
       "elsewhere"},
      {"a clock mark for leases to come",
       [](auto&, Entry& e) { e.mutable_clock_mark()->set_through(2); }, "never issued"},
      {"a snapshot", [](auto&, Entry& e) { e.mutable_snapshot()->set_state_digest(kHash); },
       nullptr},
  };
  return table;
}

}  // namespace

TEST_CASE("an entry that contradicts those before it is a violation and is named") {
  FurnishedWorld world;
  Live(world);
  auto view = world.store().NewView().value();
  for (const Row& row : Table()) {
    CAPTURE(row.why);
    const std::unique_ptr<State> state = FoldOf(*view);
    ViewSideSource side(*view);
    Entry entry;
    row.make(*state, entry);
    const uint64_t index = state->size();
    if (!entry.has_log_created() && !entry.has_epoch_started()) {
      const uint64_t later =
          static_cast<uint64_t>(state->last_time().value() - state->epoch_start().value());
      entry.set_time_ms(later);
    }
    const absl::Status folded = state->Apply(LogIndex(index), entry, side);
    if (row.says == nullptr) {
      CHECK(folded.message() == "");
      CHECK(state->size() == index + 1);
      continue;
    }
    CHECK(ReasonOf(folded) == Reason::kLedgerViolation);
    CHECK_THAT(
        std::string(folded.message()),
        Catch::Contains("entry " + std::to_string(index) + " ") && Catch::Contains(row.says));
  }
}

TEST_CASE("entries come in order of place and time, after the one that makes the log") {
  FurnishedWorld world;
  world.clock().Advance(absl::Seconds(1));
  Live(world);
  auto view = world.store().NewView().value();
  ViewSideSource side(*view);
  Entry entry;
  entry.mutable_snapshot()->set_state_digest(kHash);

  State empty;
  CHECK(ReasonOf(empty.Apply(LogIndex(0), entry, side)) == Reason::kLedgerViolation);
  for (const int64_t off : {-1, 1}) {
    const std::unique_ptr<State> state = FoldOf(*view);
    const auto place = static_cast<uint64_t>(static_cast<int64_t>(state->size()) + off);
    CHECK(ReasonOf(state->Apply(LogIndex(place), entry, side)) == Reason::kLedgerViolation);
  }
  const std::unique_ptr<State> state = FoldOf(*view);
  entry.set_time_ms(999);
  const absl::Status older = state->Apply(LogIndex(state->size()), entry, side);
  CHECK(ReasonOf(older) == Reason::kLedgerViolation);
  CHECK_THAT(std::string(older.message()), Catch::Contains("older"));
}

TEST_CASE("what a later version wrote is not guessed at") {
  FurnishedWorld world;
  Live(world);
  auto view = world.store().NewView().value();
  ViewSideSource side(*view);
  for (const int kind : {0, 1, 2, 3}) {
    CAPTURE(kind);
    Entry entry;
    if (kind == 1) entry.mutable_suspended()->mutable_selector()->set_all(true);
    if (kind == 2) entry.mutable_text_erased()->set_id(1);
    if (kind == 3) {
      auto* selector = entry.mutable_revoked()->mutable_selector();
      selector->set_agent(UidOf(*FoldOf(*view), EntityKind::kAgent, "bot"));
      selector->GetReflection()->MutableUnknownFields(selector)->AddVarint(99, 1);
      entry.mutable_revoked()->set_number(2);
    }
    entry.set_time_ms(uint64_t{1} << 30);
    const std::unique_ptr<State> state = FoldOf(*view);
    CHECK(ReasonOf(state->Apply(LogIndex(state->size()), entry, side)) ==
          Reason::kStoreSchemaNewer);
  }
}

}  // namespace leasehold
