#include "server/vault/argon2id.h"

#include <sodium.h>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

static_assert(crypto_pwhash_argon2id_SALTBYTES == sizeof(Argon2idCost::salt));

absl::StatusOr<SecretBytes> Argon2id::Derive(const SecretBytes& passphrase,
                                             const Argon2idCost& cost) {
  // Chooses what fits the processor; once, whoever comes first.
  static const bool ready = sodium_init() >= 0;
  LEASEHOLD_CHECK(ready);
  constexpr size_t kKeySize = 32;
  ASSIGN_OR_RETURN(SecretBytes key, SecretBytes::Allocate(kKeySize));
  const ByteView text = passphrase.Reveal(SecretAccess());
  const std::span<uint8_t> out = key.Writable(SecretAccess());
  if (crypto_pwhash(out.data(), out.size(), reinterpret_cast<const char*>(text.data()), text.size(),
                    cost.salt.data(), cost.passes, size_t{cost.memory_kib} * 1024,
                    crypto_pwhash_ALG_ARGON2ID13) != 0) {
    return Error(Reason::kOverloaded,
                 StrCat("there is no room for the ", cost.memory_kib / 1024,
                        " MiB that the passphrase's key takes to compute; free memory and try "
                        "again"));
  }
  return key;
}

}  // namespace leasehold
