#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_KEYS_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_KEYS_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/key_class.h"
#include "server/base/principal.h"
#include "server/leases/committer/transaction.h"
#include "server/vault/sealable_vault.h"

namespace leasehold {

// Replacing keys. Each works in two steps: what is judged goes into the vault as known, and after
// the commit the caller makes it current or drops it (UseNewestKeys, DropRetiredKeys), so that no
// value, token or checkpoint rests on a key that may still be lost.

// Keys that a class has at most: each is opened at every start, and lies in locked memory.
inline constexpr uint32_t kKeysMax = 1000;

struct KeyAdded {
  uint32_t number = 0;
  LogIndex index;
};

// Makes the next key of a class and records it. SEALED; FAILED_PRECONDITION where there are
// kKeysMax; STORE_DAMAGED where keys and ledger disagree about the newest; fails as Vault::AddKey.
absl::StatusOr<KeyAdded> RotateKey(Transaction& tx, SealableVault& vault,
                                   const Principal& principal, KeyClass cls);

// After its commit.
void UseNewestKeys(SealableVault& vault);

// Stores versions whose data key was wrapped anew, but for those that were destroyed meanwhile.
// How many it stored.
size_t PutRewrapped(Transaction& tx, std::vector<VersionRow> versions);

// Removes the key-encryption keys that no version needs any more from the store. The vault keeps
// them until DropRetiredKeys.
void RemoveRetiredKeys(Transaction& tx, const Vault& vault);

// After its commit.
void DropRetiredKeys(SealableVault& vault);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_KEYS_H_
