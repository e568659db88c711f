#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_SECRETS_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_SECRETS_H_

#include <string>

#include "absl/status/statusor.h"
#include "server/base/name.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"
#include "server/vault/vault.h"

namespace leasehold {

struct VersionAdd {
  Principal principal;
  Name secret;
  UnixMillis expire_time;  // empty = never
  std::string request_hash;
};

// Encrypts `fields` as the secret's next version and adds it. NOT_FOUND; REQUEST_ID_REUSED; fails
// as Vault::Seal. Sealing takes some microseconds, so it happens in the batch, where the version's
// number is known.
absl::StatusOr<VersionKey> AddVersion(Transaction& tx, const Vault& vault, const VersionAdd& add,
                                      const SecretFields& fields);

struct VersionChange {
  Principal principal;
  Name secret;
  VersionNumber version;
  VersionState state = VersionState::kEnabled;
};

// Disables, enables or destroys; nothing changes where it is so already. NOT_FOUND,
// VERSION_DESTROYED.
absl::StatusOr<VersionKey> ChangeVersion(Transaction& tx, const VersionChange& change);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_SECRETS_H_
