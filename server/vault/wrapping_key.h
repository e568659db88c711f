#ifndef LEASEHOLD_SERVER_VAULT_WRAPPING_KEY_H_
#define LEASEHOLD_SERVER_VAULT_WRAPPING_KEY_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "server/vault/envelope.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

// A key that encrypts keys: the root key or a key-encryption key. A wrapped key is
//
//   offset  size
//   0       8     id of the key that wrapped it
//   8       61    Envelope of the 32 bytes of the key
//
// Encrypting and naming use keys derived from the one given here (HMAC-SHA256 with a label, i.e.
// one block of HKDF-Expand, RFC 5869; the key given is uniformly random already), so that neither
// says anything about the other. The id is public: it tells "another key" from "damaged".
//
// Immutable and safe from any thread.
class WrappingKey {
 public:
  static constexpr size_t kKeySize = 32;
  static constexpr size_t kIdSize = 8;

  // `source` has kKeySize bytes. Fails as SecretBytes does.
  static absl::StatusOr<WrappingKey> From(const SecretBytes& source);

  // kIdSize bytes.
  const std::string& id() const { return id_; }

  // `key` has kKeySize bytes.
  std::string Wrap(const AssociatedData& bound_to, const SecretBytes& key) const;

  // The id in a wrapped key, or empty where the text is too short to have one.
  static std::string_view IdIn(std::string_view wrapped);

  // STORE_DAMAGED where this key did not wrap it, or not bound to the same, or a bit changed.
  absl::StatusOr<SecretBytes> Unwrap(const AssociatedData& bound_to,
                                     std::string_view wrapped) const;

 private:
  WrappingKey(std::string id, SecretBytes key) : id_(std::move(id)), key_(std::move(key)) {}

  std::string id_;
  SecretBytes key_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_WRAPPING_KEY_H_
