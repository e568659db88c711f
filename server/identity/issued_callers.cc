#include "server/identity/issued_callers.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"

namespace leasehold {
namespace {

bool IsSession(std::string_view token) { return TokenKindOf(token) == TokenKind::kOperatorSession; }

// "operator:github:mia" -> "github:mia", as groups of users have it.
std::string UserOf(std::string_view principal) {
  return std::string(principal.substr(std::min(principal.size(), principal.find(':') + 1)));
}

}  // namespace

bool IssuedCallers::Takes(std::string_view token) {
  // None of our own tokens has a dot.
  return IsSession(token) || std::count(token.begin(), token.end(), '.') == 2;
}

absl::StatusOr<Principal> IssuedCallers::From(std::string_view token) const {
  const bool is_session = IsSession(token);
  absl::StatusOr<Principal> principal = is_session ? FromSession(token) : FromJwt(token);
  if (principal.ok()) return principal;
  ErrorDetail detail = DetailOf(principal.status());
  detail.metadata.emplace_back("method", is_session ? "operator_session" : "jwt");
  return Error(ReasonOf(principal.status()), ToStd(principal.status().message()),
               std::move(detail));
}

absl::StatusOr<Principal> IssuedCallers::FromJwt(std::string_view token) const {
  if (verifier_ == nullptr) {
    return Error(Reason::kTokenRejected,
                 "this server trusts no issuer of JSON Web Tokens; ask an operator to configure "
                 "one under identity.jwt");
  }
  const UnixMillis now = clock_.Now();
  ASSIGN_OR_RETURN(const std::shared_ptr<const VerifiedJwt> verified,
                   verifier_->Verify(token, now.ToTime()));
  const JwtIdentity& who = verified->who;
  Principal principal{.role = who.role == Role::kNone ? Role::kAgent : who.role,
                      .method = AuthMethod::kJwt,
                      .name = who.operator_name,
                      .expire_time = verified->expire_time,
                      .user = who.user,
                      .claimed_groups = who.groups};
  if (who.role != Role::kNone) {
    principal.user = UserOf(who.operator_name);
    return principal;
  }
  return published_.Read([&](const PublishedState::View& view) -> absl::StatusOr<Principal> {
    const Entity* agent = view.state.entities().FindByName(EntityKind::kAgent, who.agent);
    if (agent == nullptr) {
      return Error(Reason::kUnauthenticated,
                   StrCat("the JSON Web Token is agent ", who.agent,
                          "'s, which does not exist; ask an operator to create it"));
    }
    if (view.state.CheckAgent(agent->uid, now) != Reason::kNone) {
      return Error(Reason::kAgentExpired, "the agent's time is over; ask an owner to extend it",
                   {.scope = ErrorDetail::Scope::kAgent});
    }
    principal.name = StrCat("agents/", agent->name);
    principal.agent = agent->uid;
    return std::move(principal);
  });
}

absl::StatusOr<Principal> IssuedCallers::FromSession(std::string_view token) const {
  RETURN_IF_ERROR(UnframeToken(TokenKind::kOperatorSession, token).status());
  const Hash hash = Sha256Of(AsBytes(token));
  const UnixMillis now = clock_.Now();
  return published_.Read([&](const PublishedState::View& view) -> absl::StatusOr<Principal> {
    const Credential* session = view.state.credentials().FindByHash(hash);
    if (session == nullptr || session->kind != ledger::v1::CREDENTIAL_KIND_OPERATOR_SESSION) {
      return Error(Reason::kUnauthenticated, "this server did not start the session");
    }
    if (const Reason reason = view.state.CheckCredential(*session, now); reason != Reason::kNone) {
      return Error(reason, "the session is over; run `leasehold login`");
    }
    const Role role = view.state.operators().RoleOf(session->principal);
    const std::string name(view.state.texts().Get(session->principal));
    // A name that was erased is nobody's: nothing could be written down about its owner.
    if (role == Role::kNone || name.empty()) {
      return Error(Reason::kCredentialRevoked, "the session's owner has no role any more");
    }
    return Principal{.role = role,
                     .method = AuthMethod::kOperatorSession,
                     .name = name,
                     .credential = session->id,
                     .expire_time = session->expire_time.ToTime(),
                     .user = UserOf(name)};
  });
}

}  // namespace leasehold
