#ifndef LEASEHOLD_SERVER_VAULT_ROOT_KEY_H_
#define LEASEHOLD_SERVER_VAULT_ROOT_KEY_H_

// The root key's file: one line, ended by a newline,
//
//   lhroot1_   prefix and format
//   43         characters: the 32 bytes of the key, base64url without padding
//   6          characters: checksum of what stands before, see TokenChecksum
//
// Whoever has this file and a copy of the database has every secret; whoever has lost it has none.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

// The root key's 32 bytes. ROOT_KEY_UNUSABLE where there is no such file; where it is no regular
// file (links are followed), belongs neither to this process's user nor to root, or gives anybody
// but its owner any right (mode wider than 0600); where its content is not exactly the format
// above. The message says which, what to do, and never quotes the content. Fails also as
// SecretBytes does.
absl::StatusOr<SecretBytes> LoadRootKeyFile(const std::string& path);

// Writes a new random root key to a new file of mode 0600 and waits until file and directory entry
// are on the disk. ALREADY_EXISTS where `path` exists, which is never overwritten: the key in it
// may be the only one that opens a store. IO where it cannot be written; no file is left then.
absl::Status CreateRootKeyFile(const std::string& path);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_ROOT_KEY_H_
