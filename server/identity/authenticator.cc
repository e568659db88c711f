#include "server/identity/authenticator.h"

#include <string>
#include <utility>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"
#include "server/leases/operations/credentials.h"

namespace leasehold {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// The same error, which also says what was presented.
absl::Status WithMethod(const absl::Status& status, std::string_view method) {
  ErrorDetail detail = DetailOf(status);
  detail.metadata.emplace_back("method", method);
  return Error(ReasonOf(status), ToStd(status.message()), std::move(detail));
}

}  // namespace

absl::StatusOr<Principal> Authenticator::FromToken(std::string_view token) const {
  if (issued_ != nullptr && IssuedCallers::Takes(token)) {
    return issued_->From(token);
  }
  if (TokenKindOf(token) == TokenKind::kLeaseToken ||
      TokenKindOf(token) == TokenKind::kBrokerHandle) {
    return Error(Reason::kUnauthenticated,
                 "a lease token or handle does not say who is calling; send the agent's own token "
                 "(lha_...)");
  }
  RETURN_IF_ERROR(UnframeToken(TokenKind::kAgentToken, token).status());
  const Hash hash = Sha256Of(AsBytes(token));
  UnixMillis now = clock_.Now();
  return published_.Read([&](const PublishedState::View& view) -> absl::StatusOr<Principal> {
    const Credential* credential = view.state.credentials().FindByHash(hash);
    if (credential == nullptr || credential->kind != ledger::v1::CREDENTIAL_KIND_AGENT_TOKEN) {
      return Error(Reason::kUnauthenticated, "this server did not issue the agent token");
    }
    RETURN_IF_ERROR(CheckCredential(view.state, *credential, now));
    RETURN_IF_ERROR(CheckAgent(view.state, credential->agent, now));
    Principal principal{
        .role = Role::kAgent,
        .method = AuthMethod::kAgentToken,
        .name = StrCat("agents/", view.state.entities().Find(credential->agent)->name),
        .agent = credential->agent,
        .credential = credential->id};
    if (!credential->expire_time.empty()) {
      principal.expire_time = credential->expire_time.ToTime();
    }
    return principal;
  });
}

absl::StatusOr<Principal> Authenticator::FromOsAgent(std::string_view agent) const {
  UnixMillis now = clock_.Now();
  return published_.Read([&](const PublishedState::View& view) -> absl::StatusOr<Principal> {
    const Entity* entity = view.state.entities().FindByName(EntityKind::kAgent, agent);
    if (entity == nullptr) {
      return Error(Reason::kUnauthenticated,
                   StrCat("this OS user is configured as agent ", agent,
                          ", which does not exist; ask an operator to create it"));
    }
    RETURN_IF_ERROR(CheckAgent(view.state, entity->uid, now));
    return Principal{.role = Role::kAgent,
                     .method = AuthMethod::kPeerCredentials,
                     .name = StrCat("agents/", agent),
                     .agent = entity->uid};
  });
}

absl::StatusOr<std::shared_ptr<const Authenticator::Certificate>> Authenticator::CheckCertificate(
    const Presented& presented) const {
  if (presented.certificate.empty()) {
    return std::shared_ptr<const Certificate>();
  }
  if (certificates_ == nullptr) {
    return Error(Reason::kCertificateRejected, "this server takes no client certificates");
  }
  ASSIGN_OR_RETURN(auto certificate,
                   certificates_->Look(presented.certificate, presented.certificate_chain,
                                       clock_.Now().ToTime()));
  // Revoked as a credential, whoever it would be by now.
  RETURN_IF_ERROR(published_.Read([&](const PublishedState::View& view) {
    Principal holder;
    holder.proof = AsText(certificate->facts.fingerprint);
    return CheckCredentials(view.state, holder, clock_.Now());
  }));
  return certificate;
}

absl::StatusOr<Principal> Authenticator::FromCertificate(const Certificate& certificate) const {
  if (!certificate.identity.has_value()) {
    return Error(Reason::kCertificateRejected,
                 "no rule of the server's configuration says who the client certificate is; ask an "
                 "operator for one, or send a token");
  }
  const CertificateIdentity& identity = *certificate.identity;
  Principal principal{.role = identity.role,
                      .method = AuthMethod::kMtls,
                      .expire_time = certificate.facts.not_after};
  if (identity.role != Role::kAgent) {
    principal.name =
        StrCat(identity.role == Role::kAdapter ? "adapter:" : "operator:", identity.holder);
    return principal;
  }
  UnixMillis now = clock_.Now();
  return published_.Read([&](const PublishedState::View& view) -> absl::StatusOr<Principal> {
    const Entity* agent = view.state.entities().FindByName(EntityKind::kAgent, identity.agent);
    if (agent == nullptr) {
      return Error(Reason::kUnauthenticated,
                   StrCat("the client certificate is agent ", identity.agent,
                          "'s, which does not exist; ask an operator to create it"));
    }
    RETURN_IF_ERROR(CheckAgent(view.state, agent->uid, now));
    principal.name = StrCat("agents/", agent->name);
    principal.agent = agent->uid;
    // Written down when it takes its first lease. One of an agent that was deleted, or of before a
    // restore, is another's.
    const Credential* known = view.state.credentials().FindByHash(certificate.facts.fingerprint);
    if (known != nullptr && known->agent == agent->uid &&
        CheckCredential(view.state, *known, now).ok()) {
      principal.credential = known->id;
    }
    return std::move(principal);
  });
}

absl::StatusOr<Principal> Authenticator::FromAuthorization(const Presented& presented,
                                                           const Certificate* certificate) const {
  const bool has_identity = certificate != nullptr && certificate->identity.has_value();
  if (presented.way == Presented::Way::kAdapter ||
      (has_identity && certificate->identity->role == Role::kAdapter)) {
    return Error(Reason::kRoleForbidden,
                 "an adapter's socket or certificate takes no credential of an agent: adapters "
                 "receive secrets here");
  }
  if (!presented.authorization.starts_with(kBearer)) {
    return Error(Reason::kUnauthenticated, "authorization must be `Bearer lha_...`");
  }
  ASSIGN_OR_RETURN(Principal principal, FromToken(presented.authorization.substr(kBearer.size())));
  if (has_identity && certificate->identity->role == Role::kAgent &&
      principal.name != StrCat("agents/", certificate->identity->agent)) {
    return Error(Reason::kCertificateRejected,
                 StrCat("the client certificate is agent ", certificate->identity->agent,
                        "'s, and the token is another agent's; send one of them"));
  }
  return principal;
}

absl::StatusOr<Principal> Authenticator::FromSocket(const Presented& presented) const {
  if (presented.way == Presented::Way::kAdmin || presented.way == Presented::Way::kRevoke) {
    return Principal{.role = Role::kAdmin,
                     .method = AuthMethod::kPeerCredentials,
                     .name = StrCat("operator:", presented.os_user)};
  }
  if (presented.way == Presented::Way::kAdapter) {
    return Principal{.role = Role::kAdapter,
                     .method = AuthMethod::kPeerCredentials,
                     .name = StrCat("adapter:", presented.os_user)};
  }
  if (presented.way == Presented::Way::kAgent && !presented.os_agent.empty()) {
    return FromOsAgent(presented.os_agent);
  }
  return Error(Reason::kUnauthenticated,
               "no credential: send an agent token as `authorization: Bearer lha_...`");
}

absl::StatusOr<Principal> Authenticator::Stranger(const Presented& presented) const {
  auto certificate = CheckCertificate(presented);
  if (!certificate.ok()) {
    return WithMethod(certificate.status(), "client_certificate");
  }
  Principal principal{.name = "nobody",
                      .address = std::string(presented.address),
                      .os_user = std::string(presented.os_user)};
  if (*certificate != nullptr) {
    principal.proof = AsText((*certificate)->facts.fingerprint);
  }
  return principal;
}

absl::StatusOr<Principal> Authenticator::Authenticate(const Presented& presented) const {
  auto certificate = CheckCertificate(presented);
  if (!certificate.ok()) {
    return WithMethod(certificate.status(), "client_certificate");
  }
  absl::StatusOr<Principal> principal;
  if (!presented.authorization.empty()) {
    principal = FromAuthorization(presented, certificate->get());
  } else if (*certificate != nullptr) {
    principal = FromCertificate(**certificate);
    if (!principal.ok()) {
      return WithMethod(principal.status(), "client_certificate");
    }
  } else {
    principal = FromSocket(presented);
  }
  if (principal.ok()) {
    principal->address = std::string(presented.address);
    principal->os_user = std::string(presented.os_user);
    if (*certificate != nullptr) {
      principal->proof = AsText((*certificate)->facts.fingerprint);
    }
  }
  return principal;
}

}  // namespace leasehold
