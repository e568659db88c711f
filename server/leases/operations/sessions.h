#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_SESSIONS_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_SESSIONS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"

namespace leasehold {

// A person who has proved who it is by an ID token.
struct SessionStart {
  Principal principal;  // with the name and role that the token gives
  Hash token_hash{};    // of the session's token
  // RequestHash of the ID token: one logs in once, within the day that it can be valid.
  std::string request_hash;
  absl::Duration ttl;
};

struct StartedSession {
  CredentialId id;
  UnixMillis expire_time;
};

// TOKEN_REJECTED where the ID token gave a session already. Writes the person's role where it is
// another than before.
absl::StatusOr<StartedSession> StartSession(Transaction& tx, const SessionStart& start);

struct SessionEnd {
  Principal principal;
  CredentialId session;
};

// Ends a session: one's own, or anybody's for an operator with role admin or security. NOT_FOUND
// where there is none of that number, ROLE_FORBIDDEN. Nothing changes where it has ended already.
absl::StatusOr<CredentialId> EndSession(Transaction& tx, const SessionEnd& end);

// Writes down that the rules which say who callers are changed, where they did.
void RecordIdentityRules(Transaction& tx, const Hash& rules);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_SESSIONS_H_
