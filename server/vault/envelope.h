#ifndef LEASEHOLD_SERVER_VAULT_ENVELOPE_H_
#define LEASEHOLD_SERVER_VAULT_ENVELOPE_H_

// The one form of everything that the vault encrypts:
//
//   offset  size
//   0       1     format: 1
//   1       12    nonce, random
//   13      n     AES-256-GCM ciphertext, as long as the plaintext
//   13 + n  16    tag
//
// A random nonce is safe for 2^32 envelopes under one key (SP 800-38D, 8.3). A data key seals one,
// a key-encryption key one for each version ever added.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

// What a ciphertext is bound to: a label that says what it is, then numbers and texts that say
// which one. Each part has its length or a fixed size, so that no two lists of parts have the same
// bytes:
//
//   label, text   4 bytes of length, big endian, and the bytes
//   number        8 bytes, big endian
//
// A label fixes which parts follow.
class AssociatedData {
 public:
  explicit AssociatedData(std::string_view label) { AddText(label); }
  AssociatedData& AddNumber(uint64_t number);
  AssociatedData& AddText(std::string_view text);
  ByteView bytes() const { return AsBytes(bytes_); }

 private:
  std::string bytes_;
};

class Envelope {
 public:
  // The bytes that an envelope has beyond its plaintext.
  static constexpr size_t kOverhead = 1 + 12 + 16;

  // `key` has 32 bytes.
  static std::string Seal(const SecretBytes& key, const AssociatedData& bound_to,
                          const SecretBytes& plaintext);

  // The plaintext. STORE_DAMAGED where `envelope` was not sealed with exactly this key and
  // associated data, or a bit of it changed; OVERLOADED as SecretBytes.
  static absl::StatusOr<SecretBytes> Open(const SecretBytes& key, const AssociatedData& bound_to,
                                          std::string_view envelope);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_ENVELOPE_H_
