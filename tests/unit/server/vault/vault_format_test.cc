// The stored formats, written down a second time from the comments in the headers and from nothing
// else. What this file builds by hand the vault must open: a store of today stays readable.

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/vault/aes_gcm.h"
#include "server/vault/vault.h"
#include "tests/unit/server/vault/secrets_for_tests.h"

namespace leasehold {
namespace {

std::string BigEndian(uint64_t number, int bytes) {
  std::string out;
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<char>(number >> 8 * i));
  return out;
}

std::string Text(const std::string& text) { return BigEndian(text.size(), 4) + text; }

std::string Hmac(const std::string& key, const std::string& message) {
  return std::string(AsText(HmacSha256(AsBytes(key), AsBytes(message))));
}

std::string EnvelopeByHand(const std::string& key, const std::string& bound_to,
                           const std::string& plaintext) {
  const std::string nonce = RandomText(12);
  std::string sealed(plaintext.size() + 16, '\0');
  GcmSeal({AsBytes(key), AsBytes(nonce), AsBytes(bound_to)}, AsBytes(plaintext),
          {reinterpret_cast<uint8_t*>(sealed.data()), sealed.size()});
  return "\x01" + nonce + sealed;
}

std::string WrapByHand(const std::string& source, const std::string& bound_to,
                       const std::string& key) {
  return Hmac(source, "leasehold/key-id/1").substr(0, 8) +
         EnvelopeByHand(Hmac(source, "leasehold/wrap/1"), bound_to, key);
}

TEST_CASE("a store that was written by hand from the documented formats opens", "[vault]") {
  const std::string root = RandomText(32);
  const std::string kek = RandomText(32);
  const std::string mac_key = RandomText(32);
  const std::string seed = RandomText(32);
  const uint64_t store = 0x1122334455667788;
  const auto record = [&](const std::string& wrapping, uint32_t wrapped_by, KeyClass cls,
                          uint32_t number, const std::string& key) {
    const std::string bound_to = Text("leasehold/key-record/1") + BigEndian(store, 8) +
                                 BigEndian(static_cast<uint64_t>(cls), 8) + BigEndian(number, 8) +
                                 BigEndian(wrapped_by, 8);
    return KeyRecord{cls, number, BigEndian(wrapped_by, 4) + WrapByHand(wrapping, bound_to, key)};
  };
  const absl::StatusOr<Vault> vault =
      Vault::Open(Secret(root), LogId(store),
                  {record(kek, 4, KeyClass::kLeaseMac, 2, mac_key),
                   record(root, 0, KeyClass::kKeyEncryption, 4, kek),
                   record(kek, 4, KeyClass::kCheckpoint, 9, seed)});
  REQUIRE(vault.ok());
  CHECK(vault->CurrentMacKey() == 2);
  CHECK(vault->CurrentKey(KeyClass::kCheckpoint) == 9);
  CHECK(std::string(AsText(vault->Mac(2, "lease", AsBytes("message")).value())) ==
        Hmac(mac_key,
             "\x05"
             "leasemessage"));

  const std::string data_key = RandomText(32);
  const std::string place =
      BigEndian(store, 8) + BigEndian(7, 8) + BigEndian(3, 8) + BigEndian(4, 8);
  SealedVersion sealed;
  sealed.key_number = 4;
  sealed.field_names = {"user", "password"};
  sealed.wrapped_key = WrapByHand(kek, Text("leasehold/data-key/1") + place, data_key);
  sealed.ciphertext = EnvelopeByHand(
      data_key,
      Text("leasehold/fields/1") + place + BigEndian(2, 8) + Text("user") + Text("password"),
      Text("alice") + Text("wonder"));
  const absl::StatusOr<SecretFields> fields = vault->Unseal(EntityUid(7), VersionNumber(3), sealed);
  REQUIRE(fields.ok());
  CHECK(PlainOf(*fields) == PlainFields{{"user", "alice"}, {"password", "wonder"}});

  // The data key, wrapped anew by a later key: the ciphertext still names the first.
  const std::string later_kek = RandomText(32);
  std::vector<KeyRecord> records = vault->Records();
  records.push_back(record(root, 0, KeyClass::kKeyEncryption, 6, later_kek));
  const absl::StatusOr<Vault> later = Vault::Open(Secret(root), LogId(store), records);
  REQUIRE(later.ok());
  const std::string later_place =
      BigEndian(store, 8) + BigEndian(7, 8) + BigEndian(3, 8) + BigEndian(6, 8);
  sealed.key_number = 6;
  sealed.wrapped_key =
      WrapByHand(later_kek, Text("leasehold/data-key/1") + later_place, data_key) + BigEndian(4, 4);
  const auto rewrapped = later->Unseal(EntityUid(7), VersionNumber(3), sealed);
  REQUIRE(rewrapped.ok());
  CHECK(PlainOf(*rewrapped) == PlainFields{{"user", "alice"}, {"password", "wonder"}});
}

TEST_CASE("fields that do not fit their plaintext are refused although it authenticates",
          "[vault]") {
  const std::string root = RandomText(32);
  Vault vault = Vault::Create(Secret(root), LogId(1)).value();
  // Seal under a key-encryption key that is known here.
  const std::string kek = RandomText(32);
  const std::string bound_to = Text("leasehold/key-record/1") + BigEndian(1, 8) + BigEndian(1, 8) +
                               BigEndian(2, 8) + BigEndian(0, 8);
  std::vector<KeyRecord> records = vault.Records();
  records.push_back(
      {KeyClass::kKeyEncryption, 2, BigEndian(0, 4) + WrapByHand(root, bound_to, kek)});
  vault = Vault::Open(Secret(root), LogId(1), records).value();
  const std::string data_key = RandomText(32);
  const std::string place = BigEndian(1, 8) + BigEndian(7, 8) + BigEndian(3, 8) + BigEndian(2, 8);
  struct Row {
    const char* why;
    std::string plaintext;
    bool opens;
  };
  const std::vector<Row> rows = {
      {"as it should be", Text("alice"), true},
      {"nothing", "", false},
      {"half a length", std::string(3, '\0'), false},
      {"a length beyond the end", BigEndian(6, 4) + "alice", false},
      {"bytes behind the last field", Text("alice") + "x", false},
      {"an empty value", Text(""), false},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    SealedVersion sealed;
    sealed.key_number = 2;
    sealed.field_names = {"value"};
    sealed.wrapped_key = WrapByHand(kek, Text("leasehold/data-key/1") + place, data_key);
    sealed.ciphertext = EnvelopeByHand(
        data_key, Text("leasehold/fields/1") + place + BigEndian(1, 8) + Text("value"),
        row.plaintext);
    const absl::Status status = vault.Unseal(EntityUid(7), VersionNumber(3), sealed).status();
    CHECK(status.ok() == row.opens);
    if (!row.opens) CHECK(ReasonOf(status) == Reason::kStoreDamaged);
  }
}

}  // namespace
}  // namespace leasehold
