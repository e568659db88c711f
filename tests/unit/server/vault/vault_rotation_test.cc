#include <algorithm>
#include <catch2/catch.hpp>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "server/vault/vault.h"
#include "tests/unit/server/vault/secrets_for_tests.h"
#include "tests/unit/server/vault/vault_for_tests.h"

namespace leasehold {
namespace {

constexpr KeyClass kClasses[] = {KeyClass::kKeyEncryption, KeyClass::kLeaseMac,
                                 KeyClass::kCheckpoint};

Vault::Rotation Rotate(const Vault& vault, KeyClass cls) {
  absl::StatusOr<Vault::Rotation> rotation = vault.AddKey(cls);
  REQUIRE(rotation.ok());
  return *std::move(rotation);
}

// What the store holds once `changed` was put into it.
std::vector<KeyRecord> Stored(std::vector<KeyRecord> rows, const std::vector<KeyRecord>& changed) {
  for (const KeyRecord& record : changed) {
    std::erase_if(rows, [&](const KeyRecord& row) {
      return row.cls == record.cls && row.number == record.number;
    });
    rows.push_back(record);
  }
  return rows;
}

PlainFields FieldsIn(const Vault& vault, const SealedVersion& sealed) {
  return PlainOf(vault.Unseal(kSecret, kVersion, sealed).value());
}

TEST_CASE("a new key is used only once it is made current", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const Vault before = NewVault(root);
  for (const KeyClass cls : kClasses) {
    INFO("class " << static_cast<int>(cls));
    const Vault::Rotation rotation = Rotate(before, cls);
    CHECK(rotation.number == 2);
    CHECK(before.CurrentKey(cls) == 1);
    CHECK(rotation.vault.CurrentKey(cls) == 1);
    CHECK(SealIn(rotation.vault, {{"value", "x"}}).key_number == 1);
    CHECK(rotation.vault.CheckpointPublicKey() == before.CheckpointPublicKey());
    const Vault after = rotation.vault.WithNewestCurrent();
    CHECK(after.CurrentKey(cls) == 2);
    CHECK((after.CheckpointPublicKey() != before.CheckpointPublicKey()) ==
          (cls == KeyClass::kCheckpoint));
    for (const KeyClass other : kClasses) {
      if (other != cls) CHECK(after.CurrentKey(other) == 1);
    }
  }
}

TEST_CASE("old keys go on opening, checking and signing, also after a restart", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  Vault vault = NewVault(root);
  std::vector<KeyRecord> rows = vault.Records();
  const SealedVersion old_version = SealIn(vault, {{"value", "old"}});
  const std::optional<Hash> old_mac = vault.Mac(1, "test", AsBytes("m"));
  const auto old_signature = vault.SignCheckpoint(1, AsBytes("head"));
  const std::vector<KeyClass> order = GENERATE(
      std::vector<KeyClass>{KeyClass::kKeyEncryption, KeyClass::kLeaseMac, KeyClass::kCheckpoint},
      std::vector<KeyClass>{KeyClass::kCheckpoint, KeyClass::kLeaseMac, KeyClass::kKeyEncryption,
                            KeyClass::kKeyEncryption});
  for (const KeyClass cls : order) {
    const Vault::Rotation rotation = Rotate(vault, cls);
    rows = Stored(rows, rotation.changed);
    vault = rotation.vault.WithNewestCurrent();
    // Whatever was added, the store is whole at once.
    REQUIRE(Vault::Open(root, kStore, rows).ok());
  }
  const auto check = [&](const Vault& v) {
    CHECK(v.Mac(1, "test", AsBytes("m")) == old_mac);
    CHECK(v.Mac(2, "test", AsBytes("m")).has_value());
    CHECK(v.Mac(2, "test", AsBytes("m")) != old_mac);
    CHECK(v.SignCheckpoint(1, AsBytes("head")) == old_signature);
    CHECK(v.SignCheckpoint(2, AsBytes("head")).has_value());
    CHECK(v.SignCheckpoint(2, AsBytes("head")) != old_signature);
    CHECK(v.CheckpointPublicKey() == vault.CheckpointPublicKey());
    CHECK(FieldsIn(v, old_version) == PlainFields{{"value", "old"}});
    const SealedVersion new_version = SealIn(v, {{"value", "new"}});
    CHECK(new_version.key_number == vault.CurrentKey(KeyClass::kKeyEncryption));
    CHECK(FieldsIn(vault, new_version) == PlainFields{{"value", "new"}});
  };
  check(vault);
  std::reverse(rows.begin(), rows.end());
  const absl::StatusOr<Vault> reopened = Vault::Open(root, kStore, rows);
  REQUIRE(reopened.ok());
  check(*reopened);
}

TEST_CASE("versions that were wrapped anew need the new key only", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const PlainFields plain = {{"user", "u"}, {"password", "p"}};
  Vault vault = NewVault(root);
  std::vector<KeyRecord> rows = vault.Records();
  SealedVersion sealed = SealIn(vault, plain);
  const std::string ciphertext = sealed.ciphertext;
  for (uint32_t key = 2; key < 5; ++key) {
    const SealedVersion before = sealed;
    const Vault::Rotation rotation = Rotate(vault, KeyClass::kKeyEncryption);
    rows = Stored(rows, rotation.changed);
    vault = rotation.vault.WithNewestCurrent();
    CHECK(vault.HasRetiredKeys());
    REQUIRE(vault.Rewrap(kSecret, kVersion, &sealed).ok());
    CHECK(sealed.key_number == key);
    // What the ledger committed to stays.
    CHECK(sealed.ciphertext == ciphertext);
    CHECK(FieldsIn(vault, sealed) == plain);
    CHECK(FieldsIn(vault, before) == plain);

    vault = vault.WithoutRetiredKeys();
    CHECK_FALSE(vault.HasRetiredKeys());
    CHECK(vault.HasWrappingKey(key));
    CHECK_FALSE(vault.HasWrappingKey(key - 1));
    CHECK(FieldsIn(vault, sealed) == plain);
    CHECK(ReasonOf(vault.Unseal(kSecret, kVersion, before).status()) == Reason::kStoreDamaged);
    std::erase_if(rows, [&](const KeyRecord& row) {
      return row.cls == KeyClass::kKeyEncryption && row.number < key;
    });
    const absl::StatusOr<Vault> reopened = Vault::Open(root, kStore, rows);
    REQUIRE(reopened.ok());
    CHECK(FieldsIn(*reopened, sealed) == plain);
    CHECK(vault.Records().size() == rows.size());
  }
}

TEST_CASE("a version that was wrapped anew and changed in any bit does not open", "[vault]") {
  Vault vault = NewVault(RandomSecret(32));
  SealedVersion sealed = SealIn(vault, {{"value", "x"}});
  vault = Rotate(vault, KeyClass::kKeyEncryption).vault.WithNewestCurrent();
  REQUIRE(vault.Rewrap(kSecret, kVersion, &sealed).ok());
  const auto reason = [&](const SealedVersion& changed) {
    return ReasonOf(vault.Unseal(kSecret, kVersion, changed).status());
  };
  REQUIRE(reason(sealed) == Reason::kNone);
  for (size_t bit = 0; bit < sealed.wrapped_key.size() * 8; ++bit) {
    INFO("bit " << bit);
    SealedVersion changed = sealed;
    changed.wrapped_key = FlipBit(sealed.wrapped_key, bit);
    CHECK(reason(changed) == Reason::kStoreDamaged);
  }
  for (size_t size = 1; size < sealed.wrapped_key.size(); ++size) {
    INFO("cut to " << size);
    SealedVersion changed = sealed;
    changed.wrapped_key.resize(size);
    CHECK(reason(changed) == Reason::kStoreDamaged);
  }
  for (int bit = 0; bit < 32; ++bit) {
    SealedVersion changed = sealed;
    changed.key_number ^= 1U << bit;
    CHECK(reason(changed) == Reason::kStoreDamaged);
  }
}

TEST_CASE("wrapping anew moves no version elsewhere and brings none back", "[vault]") {
  Vault vault = NewVault(RandomSecret(32));
  const SealedVersion sealed = SealIn(vault, {{"value", "x"}});
  vault = Rotate(vault, KeyClass::kKeyEncryption).vault.WithNewestCurrent();
  SealedVersion other = sealed;
  CHECK(ReasonOf(vault.Rewrap(EntityUid(8), kVersion, &other)) == Reason::kStoreDamaged);
  CHECK(ReasonOf(vault.Rewrap(kSecret, VersionNumber(4), &other)) == Reason::kStoreDamaged);
  CHECK(other.wrapped_key == sealed.wrapped_key);
  other.wrapped_key.clear();
  CHECK(ReasonOf(vault.Rewrap(kSecret, kVersion, &other)) == Reason::kVersionDestroyed);
}

}  // namespace
}  // namespace leasehold
