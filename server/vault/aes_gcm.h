#ifndef LEASEHOLD_SERVER_VAULT_AES_GCM_H_
#define LEASEHOLD_SERVER_VAULT_AES_GCM_H_

#include <cstddef>
#include <cstdint>
#include <span>

#include "server/base/crypto_bytes.h"

namespace leasehold {

// AES-256-GCM of NIST SP 800-38D with the sizes that it recommends. The bare algorithm: what
// chooses nonces and binds ciphertexts to their place is the Envelope.
inline constexpr size_t kGcmKeySize = 32;
inline constexpr size_t kGcmNonceSize = 12;
inline constexpr size_t kGcmTagSize = 16;

// Everything that goes in beside the text. Both sizes are checked; a wrong one is a bug.
struct GcmInput {
  ByteView key;    // kGcmKeySize bytes
  ByteView nonce;  // kGcmNonceSize bytes; never twice under one key
  ByteView associated_data;
};

// Writes ciphertext and tag to `out`, which is kGcmTagSize longer than `plaintext`.
void GcmSeal(const GcmInput& input, ByteView plaintext, std::span<uint8_t> out);

// Writes the plaintext of `sealed` (ciphertext and tag) to `out`, which is kGcmTagSize shorter.
// False where key, nonce, associated data, ciphertext or tag are not those of one GcmSeal; `out` is
// then all zero, because what does not authenticate must not be seen.
[[nodiscard]] bool GcmOpen(const GcmInput& input, ByteView sealed, std::span<uint8_t> out);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_AES_GCM_H_
