#ifndef LEASEHOLD_SERVER_IDENTITY_AUTHENTICATOR_H_
#define LEASEHOLD_SERVER_IDENTITY_AUTHENTICATOR_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/millis.h"
#include "server/base/principal.h"
#include "server/identity/client_certificates.h"
#include "server/identity/issued_callers.h"
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
  // What the client showed over TLS, PEM; empty without. See ConnectionInfo.
  std::string_view certificate;
  std::string_view certificate_chain;
};

// Finds out who is calling. Safe from any thread; the arguments must outlive it.
//
// A client certificate that does not verify is refused, whatever else comes with it. One that does
// says who is calling where there is no token; with a token it is the proof that leases can be
// bound to, and must not be another agent's.
class Authenticator {
 public:
  // Without `certificates` no client certificate counts; without `issued` no JSON Web Token and no
  // operator's session.
  Authenticator(const PublishedState& published, LedgerClock& clock,
                ClientCertificates* certificates = nullptr, const IssuedCallers* issued = nullptr)
      : published_(published), clock_(clock), certificates_(certificates), issued_(issued) {}

  // UNAUTHENTICATED where nothing is proved, TOKEN_MALFORMED, TOKEN_REJECTED and ISSUER_UNAVAILABLE
  // of JSON Web Tokens, CREDENTIAL_EXPIRED, CREDENTIAL_REVOKED, CERTIFICATE_REJECTED,
  // AGENT_EXPIRED; ROLE_FORBIDDEN where an agent's credential comes in at the adapters' socket or
  // with an adapter's certificate. A credential narrows: who shows an agent token at admin.sock is
  // that agent. The error's metadata has "method" where it is not about an agent token:
  // "client_certificate", "jwt", "operator_session".
  absl::StatusOr<Principal> Authenticate(const Presented& presented) const;

  // For methods whose request is the credential: a Principal without a role that knows where the
  // call came from. Tokens are not looked at; a certificate that does not verify is refused here
  // too.
  absl::StatusOr<Principal> Stranger(const Presented& presented) const;

 private:
  using Certificate = ClientCertificates::Known;

  // The certificate, if one was shown: verified and not revoked; null without one.
  absl::StatusOr<std::shared_ptr<const Certificate>> CheckCertificate(
      const Presented& presented) const;
  absl::StatusOr<Principal> FromAuthorization(const Presented& presented,
                                              const Certificate* certificate) const;
  absl::StatusOr<Principal> FromToken(std::string_view token) const;
  absl::StatusOr<Principal> FromCertificate(const Certificate& certificate) const;
  absl::StatusOr<Principal> FromSocket(const Presented& presented) const;
  absl::StatusOr<Principal> FromOsAgent(std::string_view agent) const;

  const PublishedState& published_;
  LedgerClock& clock_;
  ClientCertificates* const certificates_;
  const IssuedCallers* const issued_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_AUTHENTICATOR_H_
