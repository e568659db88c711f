#ifndef LEASEHOLD_SERVER_VAULT_ARGON2ID_H_
#define LEASEHOLD_SERVER_VAULT_ARGON2ID_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

// What an Argon2id hash costs, and its salt. One lane: libsodium has no more.
struct Argon2idCost {
  uint32_t passes = 0;
  uint32_t memory_kib = 0;
  std::array<uint8_t, 16> salt{};
};

// The second recommended option of RFC 9106, section 4: 3 passes over 64 MiB. The first wants
// 2 GiB at each start, more than small machines have to spare. It is meant for 4 lanes, which
// change the time that it takes us, not what it costs to try a passphrase.
inline constexpr uint32_t kArgon2idPasses = 3;
inline constexpr uint32_t kArgon2idMemoryKib = 64 * 1024;

// Argon2id version 1.3 (RFC 9106) of `passphrase`, 32 bytes. Takes the memory and the time that
// `cost` says, some 100 ms for the default. OVERLOADED where the memory is not to be had; fails as
// SecretBytes does. Safe from any thread.
class Argon2id {
 public:
  static absl::StatusOr<SecretBytes> Derive(const SecretBytes& passphrase,
                                            const Argon2idCost& cost);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_ARGON2ID_H_
