#ifndef LEASEHOLD_TESTS_UNIT_SERVER_VAULT_VAULT_FOR_TESTS_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_VAULT_VAULT_FOR_TESTS_H_

#include <catch2/catch.hpp>
#include <utility>

#include "server/vault/vault.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {

inline constexpr LogId kStore(0x0123456789abcdef);
inline constexpr EntityUid kSecret(7);
inline constexpr VersionNumber kVersion(3);

inline Vault NewVault(const SecretBytes& root, LogId store = kStore) {
  absl::StatusOr<Vault> vault = Vault::Create(root, store);
  REQUIRE(vault.ok());
  return *std::move(vault);
}

// Seals `fields` as version kVersion of kSecret.
inline SealedVersion SealIn(const Vault& vault, const PlainFields& fields) {
  absl::StatusOr<SealedVersion> sealed = vault.Seal(kSecret, kVersion, MakeFields(fields));
  REQUIRE(sealed.ok());
  return *std::move(sealed);
}

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_VAULT_VAULT_FOR_TESTS_H_
