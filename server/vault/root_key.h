#ifndef LEASEHOLD_SERVER_VAULT_ROOT_KEY_H_
#define LEASEHOLD_SERVER_VAULT_ROOT_KEY_H_

// The root key's file: one line, ended by a newline,
//
//   lhroot1_   the key as it is, or
//   lhroot2_   the key under a passphrase
//   43 or 126  characters: base64url without padding of the 32 bytes of the key, or of a
//              SealedRootKey
//   6          characters: checksum of what stands before, see TokenChecksum
//
// Whoever has this file, with its passphrase, and a copy of the database has every secret; whoever
// has lost one of them has none.

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

// Who else may read the file.
enum class RootKeyReaders {
  // Nobody but its owner: this process's user, or root.
  kOwner,
  // Its group too, where root owns it: systemd lets a service at its credentials through an access
  // control list, which shows as a right of the group.
  kGroupOfRoots,
};

// The root key's 32 bytes. SEALED where they are under a passphrase. ROOT_KEY_UNUSABLE where there
// is no such file; where it is no regular file (links are followed), belongs neither to this
// process's user nor to root, or gives anybody but its owner any right (mode wider than 0600);
// where its content is not exactly the format above. The message says which, what to do, and never
// quotes the content. Fails also as SecretBytes does.
absl::StatusOr<SecretBytes> LoadRootKeyFile(const std::string& path,
                                            RootKeyReaders readers = RootKeyReaders::kOwner);

// The same of a file under a passphrase. ROOT_KEY_WRONG where it is another one, in always the
// same words; FAILED_PRECONDITION where the file is under none; OVERLOADED where the memory for the
// key's computation is not to be had. Takes some 100 ms.
absl::StatusOr<SecretBytes> UnsealRootKeyFile(const std::string& path,
                                              const SecretBytes& passphrase,
                                              RootKeyReaders readers = RootKeyReaders::kOwner);

// Writes a new random root key to a new file of mode 0600, under `passphrase` where one is given,
// and waits until file and directory entry are on the disk. ALREADY_EXISTS where `path` exists,
// which is never overwritten: the key in it may be the only one that opens a store.
// INVALID_ARGUMENT for a passphrase that is too short or too long. IO where it cannot be written;
// no file is left then.
absl::Status CreateRootKeyFile(const std::string& path, const SecretBytes* passphrase = nullptr);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_ROOT_KEY_H_
