#include "server/vault/vault.h"

#include <openssl/evp.h>

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/vault/secrets_for_tests.h"
#include "tests/unit/server/vault/vault_for_tests.h"

namespace leasehold {
namespace {

Reason UnsealReason(const Vault& vault, const SealedVersion& sealed) {
  return ReasonOf(vault.Unseal(kSecret, kVersion, sealed).status());
}

bool Verifies(const std::array<uint8_t, 32>& public_key, std::string_view message,
              const std::array<uint8_t, 64>& signature) {
  EVP_PKEY* const key =
      EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, public_key.data(), public_key.size());
  EVP_MD_CTX* const context = EVP_MD_CTX_new();
  const ByteView bytes = AsBytes(message);
  const bool verifies = EVP_DigestVerifyInit(context, nullptr, nullptr, nullptr, key) == 1 &&
                        EVP_DigestVerify(context, signature.data(), signature.size(), bytes.data(),
                                         bytes.size()) == 1;
  EVP_MD_CTX_free(context);
  EVP_PKEY_free(key);
  return verifies;
}

TEST_CASE("a version's fields come back as they were, of any bytes and size", "[vault]") {
  const Vault vault = NewVault(RandomSecret(32));
  const std::vector<PlainFields> cases = {
      {{"value", "x"}},
      {{"value", std::string(1, '\0')}},
      {{"user", "alice"}, {"password", RandomText(40)}},
      {{"password", "same"}, {"user", "same"}},
      {{"value", RandomText(64 * 1024)}},
      {{"a", RandomText(1)}, {"b", RandomText(64 * 1024 - 2)}, {"c", RandomText(1)}},
  };
  for (const PlainFields& plain : cases) {
    const SealedVersion sealed = SealIn(vault, plain);
    const absl::StatusOr<SecretFields> opened = vault.Unseal(kSecret, kVersion, sealed);
    REQUIRE(opened.ok());
    CHECK(PlainOf(*opened) == plain);
    CHECK(sealed.key_number == 1);
  }
}

TEST_CASE("what is stored says nothing about the value but its length", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const Vault vault = NewVault(root);
  const std::string value = RandomText(32);
  const SealedVersion first = SealIn(vault, {{"value", value}});
  const SealedVersion second = SealIn(vault, {{"value", value}});
  // A data key and nonces of its own for each version.
  CHECK(first.wrapped_key != second.wrapped_key);
  CHECK(first.ciphertext != second.ciphertext);
  std::string stored = first.wrapped_key + first.ciphertext;
  for (const KeyRecord& record : vault.Records()) stored += record.sealed;
  CHECK(stored.find(value.substr(0, 8)) == std::string::npos);
  CHECK(stored.find(Plaintext(root).substr(0, 8)) == std::string::npos);
}

TEST_CASE("a sealed version that was changed in any bit does not open", "[vault]") {
  const Vault vault = NewVault(RandomSecret(32));
  const SealedVersion sealed = SealIn(vault, {{"user", "u"}, {"password", "p"}});
  REQUIRE(UnsealReason(vault, sealed) == Reason::kNone);
  for (std::string SealedVersion::*part :
       {&SealedVersion::wrapped_key, &SealedVersion::ciphertext}) {
    for (size_t bit = 0; bit < (sealed.*part).size() * 8; ++bit) {
      INFO("bit " << bit);
      SealedVersion changed = sealed;
      changed.*part = FlipBit(sealed.*part, bit);
      CHECK(UnsealReason(vault, changed) == Reason::kStoreDamaged);
    }
    for (size_t size = 1; size < (sealed.*part).size(); ++size) {
      INFO("cut to " << size);
      SealedVersion changed = sealed;
      (changed.*part).resize(size);
      CHECK(UnsealReason(vault, changed) == Reason::kStoreDamaged);
    }
  }
  for (int bit = 0; bit < 32; ++bit) {
    SealedVersion changed = sealed;
    changed.key_number ^= 1U << bit;
    CHECK(UnsealReason(vault, changed) == Reason::kStoreDamaged);
  }
  for (size_t field = 0; field < 2; ++field) {
    for (size_t bit = 0; bit < sealed.field_names[field].size() * 8; ++bit) {
      SealedVersion changed = sealed;
      changed.field_names[field] = FlipBit(sealed.field_names[field], bit);
      CHECK(UnsealReason(vault, changed) == Reason::kStoreDamaged);
    }
  }
}

TEST_CASE("a sealed version opens only in its own place", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const Vault vault = NewVault(root);
  const SealedVersion sealed = SealIn(vault, {{"user", "u"}, {"password", "p"}});
  const auto reason = [](const absl::StatusOr<SecretFields>& fields) {
    return ReasonOf(fields.status());
  };
  for (int bit = 0; bit < 64; ++bit) {
    const EntityUid other_secret(kSecret.value() ^ uint64_t{1} << bit);
    const VersionNumber other_version(kVersion.value() ^ uint64_t{1} << bit);
    CHECK(reason(vault.Unseal(other_secret, kVersion, sealed)) == Reason::kStoreDamaged);
    CHECK(reason(vault.Unseal(kSecret, other_version, sealed)) == Reason::kStoreDamaged);
  }
  // Another store under the same root key.
  CHECK(reason(NewVault(root, LogId(9)).Unseal(kSecret, kVersion, sealed)) ==
        Reason::kStoreDamaged);

  SECTION("fields exchanged, left out or added") {
    for (const std::vector<std::string>& names : std::vector<std::vector<std::string>>{
             {"password", "user"}, {"user"}, {"user", "password", "more"}, {"userpassword"}, {}}) {
      SealedVersion changed = sealed;
      changed.field_names = names;
      CHECK(UnsealReason(vault, changed) == Reason::kStoreDamaged);
    }
  }
  SECTION("the key or the ciphertext of another version of the same secret") {
    const SealedVersion other = SealIn(vault, {{"user", "u"}, {"password", "p"}});
    SealedVersion mixed = sealed;
    mixed.ciphertext = other.ciphertext;
    CHECK(UnsealReason(vault, mixed) == Reason::kStoreDamaged);
    mixed = sealed;
    mixed.wrapped_key = other.wrapped_key;
    CHECK(UnsealReason(vault, mixed) == Reason::kStoreDamaged);
  }
}

TEST_CASE("a version whose key is gone is destroyed", "[vault]") {
  const Vault vault = NewVault(RandomSecret(32));
  SealedVersion sealed = SealIn(vault, {{"value", "x"}});
  sealed.wrapped_key.clear();
  CHECK(UnsealReason(vault, sealed) == Reason::kVersionDestroyed);
  sealed.ciphertext.clear();
  CHECK(UnsealReason(vault, sealed) == Reason::kVersionDestroyed);
}

TEST_CASE("an error about a damaged version says which, and what to do", "[vault]") {
  const Vault vault = NewVault(RandomSecret(32));
  SealedVersion sealed = SealIn(vault, {{"value", "x"}});
  sealed.key_number = 5;
  CHECK(vault.Unseal(kSecret, kVersion, sealed).status().message() ==
        "version 3 of secret 7 is wrapped by key-encryption key 5, which this store does not have; "
        "restore the store from a backup");
}

TEST_CASE("a MAC belongs to its key, label and message", "[vault]") {
  const SecretBytes root = RandomSecret(32);
  const Vault vault = NewVault(root);
  const auto mac = [&vault](std::string_view label, std::string_view message) {
    return vault.Mac(1, label, AsBytes(message)).value();
  };
  CHECK(mac("lease", "m") == mac("lease", "m"));
  std::set<Hash> seen;
  CHECK(seen.insert(mac("lease", "m")).second);
  CHECK(seen.insert(mac("handle", "m")).second);
  CHECK(seen.insert(mac("lease", "n")).second);
  CHECK(seen.insert(mac("lease", "")).second);
  // Where the label ends is part of it.
  CHECK(seen.insert(mac("leasem", "")).second);
  CHECK(seen.insert(mac("leas", "em")).second);
  CHECK(seen.insert(NewVault(root).Mac(1, "lease", AsBytes("m")).value()).second);
  for (const uint32_t number : {0U, 2U, 0xffffffffU}) {
    CHECK_FALSE(vault.Mac(number, "lease", AsBytes("m")).has_value());
  }
}

TEST_CASE("checkpoints are signed by the key whose public half is shown", "[vault]") {
  const Vault vault = NewVault(RandomSecret(32));
  const auto signature = vault.SignCheckpoint(1, AsBytes("tree head")).value();
  CHECK(Verifies(vault.CheckpointPublicKey(), "tree head", signature));
  CHECK_FALSE(Verifies(vault.CheckpointPublicKey(), "tree heaD", signature));
  CHECK_FALSE(Verifies(NewVault(RandomSecret(32)).CheckpointPublicKey(), "tree head", signature));
  for (const uint32_t number : {0U, 2U, 0xffffffffU}) {
    CHECK_FALSE(vault.SignCheckpoint(number, AsBytes("tree head")).has_value());
  }
}

}  // namespace
}  // namespace leasehold
