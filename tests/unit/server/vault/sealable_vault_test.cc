#include "server/vault/sealable_vault.h"

#include <catch2/catch.hpp>
#include <memory>
#include <utility>

#include "server/base/status.h"
#include "tests/unit/server/vault/vault_for_tests.h"

namespace leasehold {
namespace {

TEST_CASE("there is no way to keys while sealed", "[vault]") {
  SealableVault vault;
  CHECK(ReasonOf(vault.Open().status()) == Reason::kSealed);
  CHECK(ReasonOf(vault.CheckOpen()) == Reason::kSealed);
  CHECK_THAT(std::string(vault.CheckOpen().message()), Catch::Contains("leasehold server unseal"));
  REQUIRE(vault.Unseal(NewVault(RandomSecret(32))).ok());
  CHECK(vault.Open().ok());
  CHECK(vault.CheckOpen().ok());
}

TEST_CASE("a vault is unsealed once", "[vault]") {
  SealableVault vault(NewVault(RandomSecret(32)));
  const auto keys = vault.Open().value()->CheckpointPublicKey();
  CHECK(ReasonOf(vault.Unseal(NewVault(RandomSecret(32)))) == Reason::kFailedPrecondition);
  CHECK(vault.Open().value()->CheckpointPublicKey() == keys);
}

TEST_CASE("who works with keys keeps them while others take their place", "[vault]") {
  SealableVault vault(NewVault(RandomSecret(32)));
  const std::shared_ptr<const Vault> working = vault.Open().value();
  const SealedVersion sealed = SealIn(*working, {{"value", "x"}});
  Vault next = working->AddKey(KeyClass::kKeyEncryption).value().vault.WithNewestCurrent();
  vault.Replace(std::move(next));
  CHECK(working->CurrentKey(KeyClass::kKeyEncryption) == 1);
  CHECK(vault.Open().value()->CurrentKey(KeyClass::kKeyEncryption) == 2);
  CHECK(working->Unseal(kSecret, kVersion, sealed).ok());
}

}  // namespace
}  // namespace leasehold
