#include "server/leases/operations/standing.h"

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::Status CheckCaller(const State& state, const Principal& principal, UnixMillis now) {
  const Credential* credential = state.credentials().Find(principal.credential);
  if (credential != nullptr && credential->revoked) {
    return Error(Reason::kCredentialRevoked, "the agent's token was revoked; ask an owner for one");
  }
  switch (state.CheckAgent(principal.agent, now)) {
    case Reason::kNone:
      return absl::OkStatus();
    case Reason::kAgentExpired:
      return Error(Reason::kAgentExpired, "the agent's time is over; ask an owner to extend it",
                   {.scope = ErrorDetail::Scope::kAgent});
    default:
      return Error(Reason::kUnauthenticated, "the agent was deleted",
                   {.scope = ErrorDetail::Scope::kAgent});
  }
}

absl::Status HeldError(const Hold& hold) {
  return Error(
      Reason::kHeld,
      StrCat("new leases are on hold since entry ", hold.index.value(),
             "; do not retry, ask an operator to resume"),
      {.scope = ErrorDetail::Scope::kAgent, .metadata = {{"entry", StrCat(hold.index.value())}}});
}

}  // namespace leasehold
