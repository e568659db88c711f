#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_CREDENTIALS_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_CREDENTIALS_H_

#include <optional>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/name.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"

namespace leasehold {

// Whether a credential counts at `now`: RESTORED_EPOCH, CREDENTIAL_REVOKED or CREDENTIAL_EXPIRED in
// words for its holder.
absl::Status CheckCredential(const State& state, const Credential& credential, UnixMillis now);
// Whether an agent may act: AGENT_EXPIRED, or UNAUTHENTICATED where it was deleted.
absl::Status CheckAgent(const State& state, EntityUid agent, UnixMillis now);
// Whether what a caller was authenticated with still counts: what ended meanwhile ends here, at its
// place in the ledger. A certificate that was revoked counts too, also where it comes with a token.
absl::Status CheckCredentials(const State& state, const Principal& principal, UnixMillis now);
// That, and whether the agent may act.
absl::Status CheckCaller(const State& state, const Principal& principal, UnixMillis now);

struct TokenIssue {
  Principal principal;
  Name agent;
  Hash token_hash{};
  absl::Duration ttl;
  // Else one that enrols the agent once.
  bool enrolment = false;
};
struct IssuedToken {
  CredentialId id;
  UnixMillis expire_time;
  EntityUid agent;
};
// NOT_FOUND where there is no such agent.
absl::StatusOr<IssuedToken> IssueToken(Transaction& tx, const TokenIssue& issue);

struct TokenRotation {
  Principal principal;
  CredentialId credential;    // the one that is replaced
  std::optional<Name> agent;  // whose it has to be; not checked without
  Hash token_hash{};          // of the new one
  std::optional<absl::Duration> ttl;
  absl::Duration overlap;  // how long the old one goes on
};
// Issues a token for the agent of another one, which then ends after `overlap` by itself: leases
// taken with it live on. An agent replaces its own alone, and by one that lasts at most as long as
// the old one did when it was new; without `ttl` as long. NOT_FOUND, and errors of CheckCredential.
absl::StatusOr<IssuedToken> RotateToken(Transaction& tx, const TokenRotation& rotation);

struct Enrolment {
  Principal principal;    // knows address and certificate alone
  Hash enrolment_hash{};  // of the enrolment token
  Hash token_hash{};      // of the agent token
};
// Turns an enrolment token into an agent token with the default life. The first who brings it has
// it: ENROLMENT_USED for all others. UNAUTHENTICATED for one that was never issued, and errors of
// CheckCredential and CheckAgent.
absl::StatusOr<IssuedToken> Enrol(Transaction& tx, const Enrolment& enrolment);

// Whether Enrol could succeed; for refusing strangers without a place in the queue.
absl::Status CheckEnrolment(const State& state, const Hash& enrolment_hash, UnixMillis now);

struct TokenRevoke {
  Principal principal;
  Name agent;
  CredentialId credential;
};
// Ends any credential of the agent, those that came from it (EndCredential), and their leases.
// NOT_FOUND where the agent has no such token. Nothing changes where it is revoked already.
absl::StatusOr<CredentialId> RevokeToken(Transaction& tx, const TokenRevoke& revoke);

// Ends the credential and all that were got by showing it, one after the other: whoever stole a
// token may have replaced it by one of their own. Those that are revoked already stay as they are.
void EndCredential(Transaction& tx, const Principal& principal, CredentialId credential);

// The credential that a lease of `principal` is taken with. A client certificate becomes one when
// its agent takes the first lease with it, so that the lease can name it and it can be revoked.
CredentialId CredentialForLease(Transaction& tx, const Principal& principal);

// Where nothing else is said.
inline constexpr absl::Duration kTokenTtlDefault = absl::Hours(24 * 90);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_CREDENTIALS_H_
