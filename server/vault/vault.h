#ifndef LEASEHOLD_SERVER_VAULT_VAULT_H_
#define LEASEHOLD_SERVER_VAULT_VAULT_H_

// Envelope encryption. Which key protects what:
//
//   root key (root_key.h)
//     `- key-encryption keys, numbered
//          |- data keys, one for each version ----- the fields of that version
//          |- lease MAC keys, numbered ------------ lease tokens, broker handles
//          `- checkpoint keys, numbered ----------- signed tree heads
//
// Each ciphertext is bound, as associated data, to the one place where it belongs. What is moved to
// another store, secret, version, number or field name does not open.

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/crypto_bytes.h"
#include "server/base/ids.h"
#include "server/vault/key_record.h"
#include "server/vault/secret_bytes.h"
#include "server/vault/secret_fields.h"
#include "server/vault/wrapping_key.h"

namespace leasehold {

// A version as the store keeps it. Deleting wrapped_key destroys the version for good, since the
// data key exists nowhere else; the store deletes both texts.
struct SealedVersion {
  uint32_t key_number = 0;  // The key-encryption key that wraps the data key.
  // See wrapping_key.h. Where the data key was wrapped anew by a later key-encryption key, 4 bytes
  // follow, big endian: the number of the first one, which the ciphertext stays bound to.
  std::string wrapped_key;
  std::string ciphertext;  // An Envelope of the packed fields; see SecretFields.
  std::vector<std::string> field_names;
};

// The keys of one store, open. Immutable and safe from any thread. A copy shares the keys; a
// rotation makes other vaults out of this one, see SealableVault.
class Vault {
 public:
  // A new store's vault, with key number 1 of each class. `root` has 32 bytes, `store` is the id
  // of the store's log. Fails as SecretBytes does.
  static absl::StatusOr<Vault> Create(const SecretBytes& root, LogId store);

  // The vault that `records` make, in any order. ROOT_KEY_WRONG where another root key sealed
  // them, by the id in a record (a change of just these 8 bytes looks the same); STORE_DAMAGED
  // where a record was changed, is double, comes from another store, or a class has none. The
  // newest key of each class is current.
  static absl::StatusOr<Vault> Open(const SecretBytes& root, LogId store,
                                    std::vector<KeyRecord> records);

  // All keys, encrypted, to be stored. Nothing that was sealed can be opened without them.
  const std::vector<KeyRecord>& Records() const { return records_; }

  // A vault with one more key of a class. It opens and checks with all keys, but seals and signs
  // with those that are current here: a key must not be used before it is stored.
  struct Rotation;
  // Fails as SecretBytes does. A new key-encryption key wraps the keys of the other classes anew.
  absl::StatusOr<Rotation> AddKey(KeyClass cls) const;
  // A vault in which the newest key of each class is current.
  Vault WithNewestCurrent() const;

  // Whether there are key-encryption keys beside the current one, which versions may need.
  bool HasRetiredKeys() const { return wrapping_keys_.size() > 1; }
  // A vault without them, once no version needs them any more.
  Vault WithoutRetiredKeys() const;

  // The number of the key of a class that is in use.
  uint32_t CurrentKey(KeyClass cls) const { return current_[static_cast<size_t>(cls)]; }
  // Whether versions that this key-encryption key wraps can be opened.
  bool HasWrappingKey(uint32_t number) const { return wrapping_keys_.contains(number); }

  // Encrypts the fields of a version under a fresh data key. `secret` and `n` are not empty. Fails
  // as SecretBytes does.
  absl::StatusOr<SealedVersion> Seal(EntityUid secret, VersionNumber n,
                                     const SecretFields& fields) const;

  // The fields that Seal was given for the same secret and number. VERSION_DESTROYED where there is
  // no wrapped key any more; STORE_DAMAGED where anything was changed; OVERLOADED as SecretBytes.
  absl::StatusOr<SecretFields> Unseal(EntityUid secret, VersionNumber n,
                                      const SealedVersion& sealed) const;

  // Wraps the version's data key by the current key-encryption key; the ciphertext stays as it is.
  // Errors as of Unseal, of which it does a part: no plaintext of the version is made.
  absl::Status Rewrap(EntityUid secret, VersionNumber n, SealedVersion* sealed) const;

  // The number of the lease MAC key that new tokens use.
  uint32_t CurrentMacKey() const { return CurrentKey(KeyClass::kLeaseMac); }
  // HMAC-SHA256 over the length of `label` as one byte, `label` and `message`, so that a MAC for
  // one purpose is none for another. `label` has 1 to 255 bytes. nullopt where there is no key of
  // that number: it comes from a token, so it may be anything. About a microsecond.
  std::optional<Hash> Mac(uint32_t key_number, std::string_view label, ByteView message) const;

  // Ed25519 by the checkpoint key of that number; nullopt where there is none.
  std::optional<std::array<uint8_t, 64>> SignCheckpoint(uint32_t key_number,
                                                        ByteView message) const;
  // Of the checkpoint key of that number; nullptr where there is none. Lives as long as the vault.
  const std::array<uint8_t, 32>* CheckpointPublicKeyOf(uint32_t key_number) const;
  // Of the current checkpoint key.
  const std::array<uint8_t, 32>& CheckpointPublicKey() const;

 private:
  struct CheckpointKey {
    SecretBytes seed;
    std::array<uint8_t, 32> public_key{};
  };
  template <typename Key>
  using Keys = std::map<uint32_t, std::shared_ptr<const Key>>;

  Vault(LogId store, WrappingKey root)
      : store_(store), root_(std::make_shared<const WrappingKey>(std::move(root))) {}

  AssociatedData RecordData(KeyClass cls, uint32_t number, uint32_t wrapped_by) const;
  AssociatedData VersionData(std::string_view label, EntityUid secret, VersionNumber n,
                             uint32_t key_number) const;
  absl::Status OpenRecord(const KeyRecord& record);
  absl::StatusOr<SecretBytes> UnwrapRecord(const KeyRecord& record) const;
  absl::StatusOr<SecretBytes> UnwrapDataKey(EntityUid secret, VersionNumber n,
                                            const SealedVersion& sealed) const;
  absl::Status Install(KeyClass cls, uint32_t number, SecretBytes key);
  KeyRecord WrapRecord(KeyClass cls, uint32_t number, const SecretBytes& key) const;
  uint32_t LastNumber(KeyClass cls) const;

  LogId store_;
  std::shared_ptr<const WrappingKey> root_;
  std::vector<KeyRecord> records_;
  Keys<WrappingKey> wrapping_keys_;
  Keys<SecretBytes> mac_keys_;
  Keys<CheckpointKey> checkpoint_keys_;
  std::array<uint32_t, 4> current_{};  // by class
};

struct Vault::Rotation {
  Vault vault;
  uint32_t number = 0;                   // of the new key
  std::vector<KeyRecord> changed;        // to be stored: the new key, and those wrapped anew
  std::array<uint8_t, 32> public_key{};  // of a new checkpoint key
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_VAULT_H_
