#include "server/leases/operations/credentials.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

struct NewCredential {
  ledger::v1::Control control;
  EntityUid agent;
  UnixMillis expire_time;
  Hash hash{};
  ledger::v1::CredentialKind kind = ledger::v1::CREDENTIAL_KIND_AGENT_TOKEN;
};

IssuedToken Append(Transaction& tx, NewCredential credential) {
  IssuedToken issued{.id = tx.state().credentials().next(),
                     .expire_time = credential.expire_time,
                     .agent = credential.agent};
  Entry entry;
  ledger::v1::CredentialIssued* written = entry.mutable_credential_issued();
  *written->mutable_control() = std::move(credential.control);
  written->set_credential(issued.id.value());
  written->set_agent(credential.agent.value());
  written->set_expire_time_ms(tx.EpochEndMillis(credential.expire_time));
  written->set_token_hash(std::string(AsText(credential.hash)));
  written->set_kind(credential.kind);
  tx.Append(std::move(entry));
  return issued;
}

// `end` empty: at once, with its leases.
void AppendEnd(Transaction& tx, const Principal& principal, CredentialId id, UnixMillis end) {
  Entry entry;
  *entry.mutable_credential_revoked()->mutable_control() = tx.MakeControl(principal);
  entry.mutable_credential_revoked()->set_credential(id.value());
  entry.mutable_credential_revoked()->set_end_time_ms(tx.EpochEndMillis(end));
  tx.Append(std::move(entry));
}

absl::StatusOr<const Entity*> FindAgent(const State& state, const Name& name) {
  const Entity* agent = state.entities().FindByName(EntityKind::kAgent, name.value());
  if (agent == nullptr) {
    return Error(Reason::kNotFound, StrCat("there is no agent named ", name.value()));
  }
  return agent;
}

absl::StatusOr<Hash> ProofOf(const Principal& principal) {
  Hash hash;
  if (principal.proof.size() != hash.size()) {
    return Error(Reason::kInternal, "a certificate's hash has the wrong length");
  }
  std::copy(principal.proof.begin(), principal.proof.end(), hash.begin());
  return hash;
}

// The credential that a certificate is, whatever has become of it, or nullptr.
const Credential* OfCertificate(const State& state, const Principal& principal) {
  absl::StatusOr<Hash> hash = ProofOf(principal);
  return hash.ok() ? state.credentials().FindByHash(*hash) : nullptr;
}

}  // namespace

absl::Status CheckCredential(const State& state, const Credential& credential, UnixMillis now) {
  const std::string_view what =
      credential.kind == ledger::v1::CREDENTIAL_KIND_CERTIFICATE        ? "the client certificate"
      : credential.kind == ledger::v1::CREDENTIAL_KIND_ENROLMENT        ? "the enrolment token"
      : credential.kind == ledger::v1::CREDENTIAL_KIND_OPERATOR_SESSION ? "the session"
                                                                        : "the agent's token";
  switch (Reason reason = state.CheckCredential(credential, now)) {
    case Reason::kNone:
      return absl::OkStatus();
    case Reason::kRestoredEpoch:
      return Error(reason,
                   StrCat(what, " was issued before the store was restored; ask an owner for one"));
    case Reason::kCredentialRevoked:
      return Error(reason, StrCat(what, " was revoked; ask an owner for one"));
    default:
      return Error(reason, StrCat(what, " is over; ask an owner for one"));
  }
}

absl::Status CheckAgent(const State& state, EntityUid agent, UnixMillis now) {
  switch (state.CheckAgent(agent, now)) {
    case Reason::kNone:
      return absl::OkStatus();
    case Reason::kAgentExpired:
      return Error(Reason::kAgentExpired, "the agent's time is over; ask an owner to extend it",
                   {.scope = ErrorDetail::Scope::kAgent});
    default:
      return Error(Reason::kUnauthenticated, "the agent was deleted; ask an owner",
                   {.scope = ErrorDetail::Scope::kAgent});
  }
}

absl::Status CheckCredentials(const State& state, const Principal& principal, UnixMillis now) {
  if (const Credential* credential = state.credentials().Find(principal.credential)) {
    RETURN_IF_ERROR(CheckCredential(state, *credential, now));
  }
  if (!principal.proof.empty()) {
    const Credential* certificate = OfCertificate(state, principal);
    if (certificate != nullptr && certificate->revoked) {
      return CheckCredential(state, *certificate, now);
    }
  }
  return absl::OkStatus();
}

absl::Status CheckCaller(const State& state, const Principal& principal, UnixMillis now) {
  RETURN_IF_ERROR(CheckCredentials(state, principal, now));
  return principal.agent.empty() ? absl::OkStatus() : CheckAgent(state, principal.agent, now);
}

absl::StatusOr<IssuedToken> IssueToken(Transaction& tx, const TokenIssue& issue) {
  ASSIGN_OR_RETURN(const Entity* agent, FindAgent(tx.state(), issue.agent));
  return Append(tx, {.control = tx.MakeControl(issue.principal),
                     .agent = agent->uid,
                     .expire_time = tx.now() + issue.ttl,
                     .hash = issue.token_hash,
                     .kind = issue.enrolment ? ledger::v1::CREDENTIAL_KIND_ENROLMENT
                                             : ledger::v1::CREDENTIAL_KIND_AGENT_TOKEN});
}

absl::StatusOr<IssuedToken> RotateToken(Transaction& tx, const TokenRotation& rotation) {
  const State& state = tx.state();
  RETURN_IF_ERROR(CheckCaller(state, rotation.principal, tx.now()));
  const Credential* found = state.credentials().Find(rotation.credential);
  const Entity* agent = found == nullptr ? nullptr : state.entities().Find(found->agent);
  const bool by_agent = rotation.principal.role == Role::kAgent;
  if (agent == nullptr || found->kind != ledger::v1::CREDENTIAL_KIND_AGENT_TOKEN ||
      (rotation.agent.has_value() && agent->name != rotation.agent->value()) ||
      // An agent replaces the token that it calls with, not one that it was never given.
      (by_agent && rotation.credential != rotation.principal.credential)) {
    return Error(Reason::kNotFound, StrCat("there is no agent token ", rotation.credential.value(),
                                           " that you could replace"));
  }
  const Credential old = *found;
  RETURN_IF_ERROR(CheckCredential(state, old, tx.now()));
  RETURN_IF_ERROR(CheckAgent(state, old.agent, tx.now()));
  absl::Duration ttl = rotation.ttl.value_or(kTokenTtlDefault);
  if (by_agent && !old.expire_time.empty()) {
    const absl::Duration life = old.expire_time - old.issue_time;
    if (rotation.ttl.value_or(life) > life) {
      return Error(Reason::kInvalidArgument,
                   "an agent replaces its token by one that lasts as long as the old one did, at "
                   "most; ask an operator for a longer one");
    }
    ttl = rotation.ttl.value_or(life);
  }
  IssuedToken issued = Append(tx, {.control = tx.MakeControl(rotation.principal),
                                   .agent = old.agent,
                                   .expire_time = tx.now() + ttl,
                                   .hash = rotation.token_hash});
  const UnixMillis end = tx.now() + rotation.overlap;
  if (old.expire_time.empty() || end < old.expire_time) {
    AppendEnd(tx, rotation.principal, old.id, end);
  }
  return issued;
}

absl::Status CheckEnrolment(const State& state, const Hash& enrolment_hash, UnixMillis now) {
  const Credential* credential = state.credentials().FindByHash(enrolment_hash);
  if (credential == nullptr || credential->kind != ledger::v1::CREDENTIAL_KIND_ENROLMENT) {
    return Error(Reason::kUnauthenticated, "this server did not issue the enrolment token");
  }
  if (credential->revoked) {
    return Error(Reason::kEnrolmentUsed,
                 "the enrolment token was used already, or revoked; if it was not you who used it, "
                 "tell an operator to revoke the agent's tokens, and ask for another");
  }
  RETURN_IF_ERROR(CheckCredential(state, *credential, now));
  return CheckAgent(state, credential->agent, now);
}

absl::StatusOr<IssuedToken> Enrol(Transaction& tx, const Enrolment& enrolment) {
  RETURN_IF_ERROR(CheckEnrolment(tx.state(), enrolment.enrolment_hash, tx.now()));
  const Credential used = *tx.state().credentials().FindByHash(enrolment.enrolment_hash);
  Principal agent = enrolment.principal;
  agent.method = AuthMethod::kAgentToken;
  agent.name = StrCat("agents/", tx.state().entities().Find(used.agent)->name);
  agent.credential = used.id;
  AppendEnd(tx, agent, used.id, UnixMillis());
  return Append(tx, {.control = tx.MakeControl(agent),
                     .agent = used.agent,
                     .expire_time = tx.now() + kTokenTtlDefault,
                     .hash = enrolment.token_hash});
}

absl::StatusOr<CredentialId> RevokeToken(Transaction& tx, const TokenRevoke& revoke) {
  ASSIGN_OR_RETURN(const Entity* agent, FindAgent(tx.state(), revoke.agent));
  const Credential* credential = tx.state().credentials().Find(revoke.credential);
  if (credential == nullptr || credential->agent != agent->uid) {
    return Error(Reason::kNotFound, StrCat("agent ", revoke.agent.value(), " has no token ",
                                           revoke.credential.value()));
  }
  EndCredential(tx, revoke.principal, revoke.credential);
  return revoke.credential;
}

void EndCredential(Transaction& tx, const Principal& principal, CredentialId credential) {
  absl::flat_hash_set<CredentialId> family = {credential};
  std::vector<CredentialId> live;
  // What came from a credential was issued after it, so one pass finds all generations.
  for (const Credential& one : tx.state().credentials().all()) {
    if (family.contains(one.parent)) family.insert(one.id);
    if (family.contains(one.id) && !one.revoked) live.push_back(one.id);
  }
  for (const CredentialId id : live) AppendEnd(tx, principal, id, UnixMillis());
}

CredentialId CredentialForLease(Transaction& tx, const Principal& principal) {
  if (principal.method != AuthMethod::kMtls) return principal.credential;
  // Another lease may have made it one a moment ago.
  const Credential* known = OfCertificate(tx.state(), principal);
  if (known != nullptr && known->agent == principal.agent &&
      tx.state().CheckCredential(*known, tx.now()) == Reason::kNone) {
    return known->id;
  }
  absl::StatusOr<Hash> hash = ProofOf(principal);
  LEASEHOLD_CHECK(hash.ok() && principal.expire_time.has_value(),
                  "a certificate has a hash and an end");
  return Append(tx, {.control = tx.MakeControl(principal),
                     .agent = principal.agent,
                     .expire_time = UnixMillis::From(*principal.expire_time),
                     .hash = *hash,
                     .kind = ledger::v1::CREDENTIAL_KIND_CERTIFICATE})
      .id;
}

}  // namespace leasehold
