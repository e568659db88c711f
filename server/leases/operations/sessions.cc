#include "server/leases/operations/sessions.h"

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

using ledger::v1::Entry;

absl::StatusOr<StartedSession> StartSession(Transaction& tx, const SessionStart& start) {
  const State& state = tx.state();
  if (state.requests().Find(start.request_hash, tx.now()) != nullptr) {
    return Error(Reason::kTokenRejected,
                 "the ID token has started a session already; log in again");
  }
  const TextId person = tx.DefineText(ledger::v1::TEXT_KIND_PRINCIPAL, start.principal.name);
  if (state.operators().RoleOf(person) != start.principal.role) {
    Entry entry;
    *entry.mutable_role_changed()->mutable_control() = tx.MakeControl(start.principal);
    entry.mutable_role_changed()->set_principal(person.value());
    entry.mutable_role_changed()->set_role(static_cast<uint32_t>(start.principal.role));
    tx.Append(std::move(entry));
  }
  StartedSession started{.id = state.credentials().next(), .expire_time = tx.now() + start.ttl};
  Entry entry;
  ledger::v1::CredentialIssued* issued = entry.mutable_credential_issued();
  *issued->mutable_control() = tx.MakeControl(start.principal, start.request_hash);
  issued->set_credential(started.id.value());
  issued->set_expire_time_ms(tx.EpochEndMillis(started.expire_time));
  issued->set_token_hash(std::string(AsText(start.token_hash)));
  issued->set_kind(ledger::v1::CREDENTIAL_KIND_OPERATOR_SESSION);
  tx.Append(std::move(entry));
  return started;
}

absl::StatusOr<CredentialId> EndSession(Transaction& tx, const SessionEnd& end) {
  const Credential* session = tx.state().credentials().Find(end.session);
  const bool exists =
      session != nullptr && session->kind == ledger::v1::CREDENTIAL_KIND_OPERATOR_SESSION;
  const bool is_own = exists && end.principal.credential == end.session;
  if (!is_own && end.principal.role != Role::kAdmin && end.principal.role != Role::kSecurity) {
    return Error(Reason::kRoleForbidden,
                 "only one's own session can be ended; ask an operator with role security");
  }
  if (!exists) {
    return Error(Reason::kNotFound,
                 StrCat("there is no session credentials/", end.session.value()));
  }
  if (!session->revoked) {
    Entry entry;
    *entry.mutable_credential_revoked()->mutable_control() = tx.MakeControl(end.principal);
    entry.mutable_credential_revoked()->set_credential(end.session.value());
    tx.Append(std::move(entry));
  }
  return end.session;
}

void RecordIdentityRules(Transaction& tx, const Hash& rules) {
  if (tx.state().identity_rules() == rules) return;
  Entry entry;
  entry.mutable_config_loaded()->set_rules_hash(std::string(AsText(rules)));
  tx.Append(std::move(entry));
}

}  // namespace leasehold
