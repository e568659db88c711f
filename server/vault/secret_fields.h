#ifndef LEASEHOLD_SERVER_VAULT_SECRET_FIELDS_H_
#define LEASEHOLD_SERVER_VAULT_SECRET_FIELDS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

// One field of a version: "value", or "user" and "password".
struct SecretField {
  std::string name;  // One segment of a Name; public, as metadata.
  SecretBytes value;
};

// What one version of a secret holds: its fields, in the order they were given. Once it exists it
// is valid: at least one field, names distinct, no value empty. Moves only; a moved-from object is
// good for nothing but destruction and assignment.
class SecretFields {
 public:
  // All values together: room for any key, certificate chain or service
  // account file, and small enough that many are open at once.
  static constexpr size_t kBytesMax = 64 * 1024;
  // A login has two fields, a cloud account perhaps six; names are returned with each listing.
  static constexpr size_t kFieldsMax = 32;

  SecretFields(SecretFields&&) = default;
  SecretFields& operator=(SecretFields&&) = default;

  // INVALID_ARGUMENT names the first offence; TOO_LARGE for more than kBytesMax.
  static absl::StatusOr<SecretFields> Make(std::vector<SecretField> fields);

  std::span<const SecretField> fields() const { return fields_; }
  std::vector<std::string> Names() const;
  // The value of the field `name`, or nullptr.
  const SecretBytes* Find(std::string_view name) const;
  // Of all values together.
  size_t size_bytes() const;

 private:
  friend class Vault;

  explicit SecretFields(std::vector<SecretField> fields) : fields_(std::move(fields)) {}

  // The plaintext of a version: for each field, in order, 4 bytes of length, big endian, and the
  // value. Names are not in it: they are public and bound as associated data.
  absl::StatusOr<SecretBytes> Pack() const;
  // The way back. STORE_DAMAGED where names and plaintext do not fit each other.
  static absl::StatusOr<SecretFields> Unpack(std::span<const std::string> names,
                                             const SecretBytes& packed);

  std::vector<SecretField> fields_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_SECRET_FIELDS_H_
