#ifndef LEASEHOLD_TESTS_UNIT_SERVER_VAULT_SECRETS_FOR_TESTS_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_VAULT_SECRETS_FOR_TESTS_H_

#include <catch2/catch.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/vault/secret_bytes.h"
#include "server/vault/secret_fields.h"

namespace leasehold {

// The door of tests to SecretBytes; see secret_access.h.
class SecretAccessForTests {
 public:
  static SecretBytes Secret(ByteView bytes) {
    absl::StatusOr<SecretBytes> secret = SecretBytes::CopyFrom(bytes, SecretAccess());
    REQUIRE(secret.ok());
    return *std::move(secret);
  }
  static ByteView Reveal(const SecretBytes& secret) { return secret.Reveal(SecretAccess()); }
  static std::span<uint8_t> Writable(SecretBytes& secret) {
    return secret.Writable(SecretAccess());
  }
};

inline SecretBytes Secret(std::string_view text) {
  return SecretAccessForTests::Secret(AsBytes(text));
}

inline SecretBytes RandomSecret(size_t size) {
  absl::StatusOr<SecretBytes> secret = SecretBytes::Random(size);
  REQUIRE(secret.ok());
  return *std::move(secret);
}

inline std::string Plaintext(const SecretBytes& secret) {
  return std::string(AsText(SecretAccessForTests::Reveal(secret)));
}

// Fields as tests write them down: name and value.
using PlainFields = std::vector<std::pair<std::string, std::string>>;

inline std::vector<SecretField> FieldsOf(const PlainFields& plain) {
  std::vector<SecretField> fields;
  for (const auto& [name, value] : plain) fields.push_back({name, Secret(value)});
  return fields;
}

inline SecretFields MakeFields(const PlainFields& plain) {
  absl::StatusOr<SecretFields> fields = SecretFields::Make(FieldsOf(plain));
  REQUIRE(fields.ok());
  return *std::move(fields);
}

inline PlainFields PlainOf(const SecretFields& fields) {
  PlainFields plain;
  for (const SecretField& field : fields.fields()) {
    plain.emplace_back(field.name, Plaintext(field.value));
  }
  return plain;
}

inline std::string FlipBit(std::string bytes, size_t bit) {
  bytes[bit / 8] = static_cast<char>(static_cast<uint8_t>(bytes[bit / 8]) ^ (1U << bit % 8));
  return bytes;
}

inline std::string FromHex(std::string_view hex) {
  std::string bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16)));
  }
  return bytes;
}

inline std::string RandomText(size_t size) {
  std::string text(size, '\0');
  RandomBytes({reinterpret_cast<uint8_t*>(text.data()), text.size()});
  return text;
}

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_VAULT_SECRETS_FOR_TESTS_H_
