#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/vault/vault.h"
#include "tests/unit/server/vault/secrets_for_tests.h"
#include "tests/unit/server/vault/vault_for_tests.h"

namespace leasehold {
namespace {

TEST_CASE("a vault is opened with its root key and records, in any order", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const Vault vault = NewVault(root);
  const SealedVersion sealed = SealIn(vault, {{"value", "kept"}});
  std::vector<KeyRecord> records = vault.Records();
  CHECK(records.size() == 3);
  if (GENERATE(false, true)) std::reverse(records.begin(), records.end());
  const absl::StatusOr<Vault> opened = Vault::Open(root, kStore, records);
  REQUIRE(opened.ok());
  CHECK(PlainOf(opened->Unseal(kSecret, kVersion, sealed).value()) ==
        PlainFields{{"value", "kept"}});
  CHECK(opened->Mac(1, "test", AsBytes("m")) == vault.Mac(1, "test", AsBytes("m")));
  CHECK(opened->CheckpointPublicKey() == vault.CheckpointPublicKey());
  CHECK(opened->Records().size() == records.size());
}

TEST_CASE("another root key is told from a damaged store", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const SecretBytes other = RandomSecret(32);
  const Vault vault = NewVault(root);
  const absl::Status status = Vault::Open(other, kStore, vault.Records()).status();
  CHECK(ReasonOf(status) == Reason::kRootKeyWrong);
  CHECK_THAT(std::string(status.message()),
             Catch::Contains("is not the one that this store was made with"));
  // The same root key, but the records of another store of ours.
  CHECK(ReasonOf(Vault::Open(root, LogId(1), vault.Records()).status()) == Reason::kStoreDamaged);
}

TEST_CASE("a key record that was changed in any bit does not open", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const Vault vault = NewVault(root);
  const auto damaged = [&root](const std::vector<KeyRecord>& records) {
    const Reason reason = ReasonOf(Vault::Open(root, kStore, records).status());
    return reason == Reason::kStoreDamaged || reason == Reason::kRootKeyWrong;
  };
  for (size_t i = 0; i < vault.Records().size(); ++i) {
    std::vector<KeyRecord> records = vault.Records();
    const std::string sealed = records[i].sealed;
    CHECK(sealed.size() == 73);
    for (size_t bit = 0; bit < sealed.size() * 8; ++bit) {
      INFO("record " << i << ", bit " << bit);
      records[i].sealed = FlipBit(sealed, bit);
      CHECK(damaged(records));
    }
    for (size_t size = 0; size < sealed.size(); ++size) {
      INFO("record " << i << " cut to " << size);
      records[i].sealed = sealed.substr(0, size);
      CHECK(damaged(records));
    }
  }
}

TEST_CASE("key records that are missing, double, renamed or exchanged are found", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const Vault vault = NewVault(root);
  const auto damaged = [&root](const std::vector<KeyRecord>& records) {
    return ReasonOf(Vault::Open(root, kStore, records).status()) == Reason::kStoreDamaged;
  };
  CHECK(damaged({}));
  for (size_t i = 0; i < 3; ++i) {
    INFO("record " << i);
    std::vector<KeyRecord> records = vault.Records();
    records.erase(records.begin() + static_cast<ptrdiff_t>(i));
    CHECK(damaged(records));

    records = vault.Records();
    records.push_back(records[i]);
    CHECK(damaged(records));

    for (const uint32_t number : {0U, 2U}) {
      records = vault.Records();
      records[i].number = number;
      CHECK(damaged(records));
    }
    for (const int cls : {0, 1, 2, 3, 4}) {
      records = vault.Records();
      if (records[i].cls == static_cast<KeyClass>(cls)) continue;
      records[i].cls = static_cast<KeyClass>(cls);
      CHECK(damaged(records));
    }
  }
  std::vector<KeyRecord> records = vault.Records();
  std::swap(records[1].sealed, records[2].sealed);
  CHECK(damaged(records));
}

}  // namespace
}  // namespace leasehold
