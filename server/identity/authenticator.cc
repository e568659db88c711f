#include "server/identity/authenticator.h"

#include <string>
#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/base/token_text.h"

namespace leasehold {
namespace {

constexpr std::string_view kBearer = "Bearer ";

// Why the agent itself may not come in, as an error.
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

absl::Status CheckCredential(const State& state, const Credential& credential, UnixMillis now) {
  switch (Reason reason = state.CheckCredential(credential, now)) {
    case Reason::kNone:
      return absl::OkStatus();
    case Reason::kRestoredEpoch:
      return Error(reason,
                   "the agent's token was issued before the store was restored; ask an owner for "
                   "one");
    case Reason::kCredentialRevoked:
      return Error(reason, "the agent's token was revoked; ask an owner for one");
    default:
      return Error(reason, "the agent's token is over; ask an owner for one");
  }
}

}  // namespace

absl::StatusOr<Principal> Authenticator::FromToken(std::string_view token) const {
  if (TokenKindOf(token) == TokenKind::kLeaseToken ||
      TokenKindOf(token) == TokenKind::kBrokerHandle) {
    return Error(Reason::kUnauthenticated,
                 "a lease token or handle does not say who is calling; send the agent's own token "
                 "(lha_...)");
  }
  RETURN_IF_ERROR(UnframeToken(TokenKind::kAgentToken, token).status());
  // One context a thread: a third of the time of one a call.
  static thread_local Sha256& sha = *new Sha256();
  Hash hash = sha.Update(token).Finish();
  UnixMillis now = clock_.Now();
  return published_.Read([&](const PublishedState::View& view) -> absl::StatusOr<Principal> {
    const Credential* credential = view.state.credentials().FindByHash(hash);
    if (credential == nullptr) {
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

absl::StatusOr<Principal> Authenticator::Authenticate(const Presented& presented) const {
  absl::StatusOr<Principal> principal;
  if (!presented.authorization.empty()) {
    if (presented.way == Presented::Way::kAdapter) {
      return Error(Reason::kRoleForbidden,
                   "the adapters' socket takes no credential of an agent: adapters receive secrets "
                   "here");
    }
    if (!presented.authorization.starts_with(kBearer)) {
      return Error(Reason::kUnauthenticated, "authorization must be `Bearer lha_...`");
    }
    principal = FromToken(presented.authorization.substr(kBearer.size()));
  } else if (presented.way == Presented::Way::kAdmin || presented.way == Presented::Way::kRevoke) {
    principal = Principal{.role = Role::kAdmin,
                          .method = AuthMethod::kPeerCredentials,
                          .name = StrCat("operator:", presented.os_user)};
  } else if (presented.way == Presented::Way::kAdapter) {
    principal = Principal{.role = Role::kAdapter,
                          .method = AuthMethod::kPeerCredentials,
                          .name = StrCat("adapter:", presented.os_user)};
  } else if (presented.way == Presented::Way::kAgent && !presented.os_agent.empty()) {
    principal = FromOsAgent(presented.os_agent);
  } else {
    return Error(Reason::kUnauthenticated,
                 "no credential: send an agent token as `authorization: Bearer lha_...`");
  }
  if (principal.ok()) {
    principal->address = std::string(presented.address);
    principal->os_user = std::string(presented.os_user);
  }
  return principal;
}

}  // namespace leasehold
