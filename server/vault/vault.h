#ifndef LEASEHOLD_SERVER_VAULT_VAULT_H_
#define LEASEHOLD_SERVER_VAULT_VAULT_H_

// Envelope encryption. Which key protects what:
//
//   root key (a file, root_key.h)
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
  std::string wrapped_key;  // See wrapping_key.h.
  std::string ciphertext;   // An Envelope of the packed fields; see SecretFields.
  std::vector<std::string> field_names;
};

// The keys of one store, open. Const methods are safe from any thread; AddKey belongs to the thread
// that sets the server up, while nobody else uses the vault.
class Vault {
 public:
  // A new store's vault, with key number 1 of each class. `root` has 32 bytes, `store` is the id
  // of the store's log. Fails as SecretBytes does.
  static absl::StatusOr<Vault> Create(const SecretBytes& root, LogId store);

  // The vault that `records` make, in any order. ROOT_KEY_WRONG where another root key sealed
  // them, by the id in a record (a change of just these 8 bytes looks the same); STORE_DAMAGED
  // where a record was changed, is double, comes from another store, or a class has none.
  static absl::StatusOr<Vault> Open(const SecretBytes& root, LogId store,
                                    std::vector<KeyRecord> records);

  // All keys, encrypted, to be stored. Nothing that was sealed can be opened without them.
  const std::vector<KeyRecord>& Records() const { return records_; }

  // Makes the next key of a class, which is current from then on; its record is the last of
  // Records(). ROOT_KEY_WRONG where `root` is not this vault's. Unchanged on failure.
  absl::Status AddKey(const SecretBytes& root, KeyClass cls);

  // Encrypts the fields of a version under a fresh data key. `secret` and `n` are not empty. Fails
  // as SecretBytes does.
  absl::StatusOr<SealedVersion> Seal(EntityUid secret, VersionNumber n,
                                     const SecretFields& fields) const;

  // The fields that Seal was given for the same secret and number. VERSION_DESTROYED where there is
  // no wrapped key any more; STORE_DAMAGED where anything was changed; OVERLOADED as SecretBytes.
  absl::StatusOr<SecretFields> Unseal(EntityUid secret, VersionNumber n,
                                      const SealedVersion& sealed) const;

  // The number of the lease MAC key that new tokens use.
  uint32_t CurrentMacKey() const { return mac_keys_.rbegin()->first; }
  // HMAC-SHA256 over the length of `label` as one byte, `label` and `message`, so that a MAC for
  // one purpose is none for another. `label` has 1 to 255 bytes. nullopt where there is no key of
  // that number: it comes from a token, so it may be anything. About a microsecond.
  std::optional<Hash> Mac(uint32_t key_number, std::string_view label, ByteView message) const;

  // The number of the checkpoint key in use.
  uint32_t CurrentCheckpointKey() const { return checkpoint_keys_.rbegin()->first; }
  // Ed25519, by the current checkpoint key.
  std::array<uint8_t, 64> SignCheckpoint(ByteView message) const;
  const std::array<uint8_t, 32>& CheckpointPublicKey() const { return checkpoint_public_key_; }

 private:
  Vault(LogId store, std::string root_id) : store_(store), root_id_(std::move(root_id)) {}

  AssociatedData RecordData(KeyClass cls, uint32_t number, uint32_t wrapped_by) const;
  absl::Status OpenRecord(const WrappingKey& root, const KeyRecord& record);
  absl::Status Install(KeyClass cls, uint32_t number, SecretBytes key);
  uint32_t LastNumber(KeyClass cls) const;

  LogId store_;
  std::string root_id_;
  std::vector<KeyRecord> records_;
  std::map<uint32_t, WrappingKey> wrapping_keys_;
  std::map<uint32_t, SecretBytes> mac_keys_;
  std::map<uint32_t, SecretBytes> checkpoint_keys_;
  std::array<uint8_t, 32> checkpoint_public_key_{};
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_VAULT_H_
