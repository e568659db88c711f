#ifndef LEASEHOLD_SERVER_IDENTITY_AUTHENTICATOR_H_
#define LEASEHOLD_SERVER_IDENTITY_AUTHENTICATOR_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/millis.h"
#include "server/base/principal.h"
#include "server/leases/ledger_clock.h"
#include "server/leases/published_state.h"

namespace leasehold {

// What a caller shows: the way it came in and the credential it sent.
struct Presented {
  // Which kind of socket; what a Unix socket proves about its peer.
  enum class Way { kTcp, kAdmin, kRevoke, kAgent, kAdapter };
  Way way = Way::kTcp;
  std::string_view os_user;        // "uid=1000"; empty over TCP
  std::string_view os_agent;       // the agent that this OS user is by configuration, or ""
  std::string_view authorization;  // the `authorization` header, or ""
  std::string_view address;        // "127.0.0.1", "unix"
};

// Finds out who is calling. This is the place where client certificates, JSON Web Tokens and
// operator sessions come in too. Safe from any thread; the arguments must outlive it.
class Authenticator {
 public:
  Authenticator(const PublishedState& published, LedgerClock& clock)
      : published_(published), clock_(clock) {}

  // UNAUTHENTICATED where nothing is proved, TOKEN_MALFORMED, CREDENTIAL_EXPIRED,
  // CREDENTIAL_REVOKED, AGENT_EXPIRED; ROLE_FORBIDDEN where an agent's credential comes in at the
  // adapters' socket. A credential narrows: who shows an agent token at admin.sock is that agent.
  absl::StatusOr<Principal> Authenticate(const Presented& presented) const;

 private:
  absl::StatusOr<Principal> FromToken(std::string_view token) const;
  absl::StatusOr<Principal> FromOsAgent(std::string_view agent) const;

  const PublishedState& published_;
  LedgerClock& clock_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_AUTHENTICATOR_H_
