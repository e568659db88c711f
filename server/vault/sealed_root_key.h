#ifndef LEASEHOLD_SERVER_VAULT_SEALED_ROOT_KEY_H_
#define LEASEHOLD_SERVER_VAULT_SEALED_ROOT_KEY_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/vault/argon2id.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

// A root key under a passphrase. The root key itself is random and stays the same when the
// passphrase changes. As bytes, numbers big-endian:
//
//   offset  size
//   0       1     how the passphrase becomes a key: 1 = Argon2id 1.3 with one lane
//   1       4     passes
//   5       4     memory in KiB
//   9       16    salt
//   25      69    the root key, wrapped by that key (wrapping_key.h), bound to bytes 0..24
class SealedRootKey {
 public:
  static constexpr size_t kSize = 94;

  // A passphrase has 12 to 1,024 bytes. Fewer are tried out by whoever has the file, whatever
  // one try costs.
  static constexpr size_t kPassphraseMin = 12;
  static constexpr size_t kPassphraseMax = 1024;

  // What the stored numbers may be. Below, a passphrase is cheap to guess, and this server never
  // wrote such a file; above, whoever can write the file could take all memory at each start.
  static constexpr uint32_t kPassesMax = 32;
  static constexpr uint32_t kMemoryKibMin = 16 * 1024;
  static constexpr uint32_t kMemoryKibMax = 2 * 1024 * 1024;

  // Seals `root`, with a new salt. INVALID_ARGUMENT for a passphrase of another length; fails as
  // Argon2id.
  static absl::StatusOr<SealedRootKey> Seal(const SecretBytes& root, const SecretBytes& passphrase);

  // ROOT_KEY_UNUSABLE, as a clause about the file, where the bytes are none of ours or their
  // numbers out of bounds.
  static absl::StatusOr<SealedRootKey> Parse(std::string_view bytes);

  // kSize bytes.
  const std::string& bytes() const { return bytes_; }

  // The root key. ROOT_KEY_WRONG, in always the same words, where the passphrase is another; fails
  // as Argon2id.
  absl::StatusOr<SecretBytes> Open(const SecretBytes& passphrase) const;

 private:
  SealedRootKey(std::string bytes, const Argon2idCost& cost)
      : bytes_(std::move(bytes)), cost_(cost) {}

  std::string bytes_;
  Argon2idCost cost_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_SEALED_ROOT_KEY_H_
