#ifndef LEASEHOLD_SERVER_VAULT_ED25519_H_
#define LEASEHOLD_SERVER_VAULT_ED25519_H_

#include <array>
#include <cstddef>
#include <cstdint>

#include "server/base/crypto_bytes.h"

namespace leasehold {

// Ed25519 of RFC 8032 ("pure", without context). Verifying is the ledger's: whoever checks a
// signature needs no vault.
inline constexpr size_t kEd25519SeedSize = 32;

// `seed` is the RFC's private key, of kEd25519SeedSize bytes; another size is a bug.
std::array<uint8_t, 32> Ed25519PublicKeyOf(ByteView seed);
// The same message has the same signature. About 70 microseconds, a third of it to set the key up,
// which is done each time so that the key stays in secret memory in between.
std::array<uint8_t, 64> Ed25519Sign(ByteView seed, ByteView message);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_ED25519_H_
