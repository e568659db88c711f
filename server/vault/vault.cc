#include "server/vault/vault.h"

#include <algorithm>
#include <limits>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/vault/ed25519.h"

namespace leasehold {
namespace {

// Labels of associated data. Each is used with one list of parts only; another list needs another
// label.
constexpr std::string_view kRecordLabel = "leasehold/key-record/1";
constexpr std::string_view kDataKeyLabel = "leasehold/data-key/1";
constexpr std::string_view kFieldsLabel = "leasehold/fields/1";

constexpr size_t kKeySize = WrappingKey::kKeySize;
static_assert(kKeySize == kEd25519SeedSize);

// The number of the wrapping key in front of KeyRecord::sealed.
constexpr size_t kWrappedBySize = 4;
constexpr uint32_t kRootKey = 0;

constexpr KeyClass kClasses[] = {KeyClass::kKeyEncryption, KeyClass::kLeaseMac,
                                 KeyClass::kCheckpoint};

std::string_view ClassName(KeyClass cls) {
  switch (cls) {
    case KeyClass::kKeyEncryption:
      return "key-encryption key";
    case KeyClass::kLeaseMac:
      return "lease MAC key";
    case KeyClass::kCheckpoint:
      return "checkpoint key";
  }
  return "key of an unknown class";
}

std::string EncodeWrappedBy(uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
  return out;
}

// `sealed` has at least kWrappedBySize bytes.
uint32_t DecodeWrappedBy(std::string_view sealed) {
  uint32_t number = 0;
  for (const uint8_t byte : AsBytes(sealed.substr(0, kWrappedBySize))) number = number << 8 | byte;
  return number;
}

absl::Status Damaged(KeyClass cls, uint32_t number, std::string_view offence) {
  return Error(Reason::kStoreDamaged, StrCat(ClassName(cls), " ", number, " of this store ",
                                             offence, "; restore the store from a backup"));
}

absl::Status WrongRootKey(std::string_view given, std::string_view needed) {
  return Error(Reason::kRootKeyWrong,
               StrCat("the root key with id ", HexEncode(AsBytes(given)),
                      " is not the one that this store was made with, which has id ",
                      HexEncode(AsBytes(needed)), "; start the server with that root key file"));
}

AssociatedData VersionData(std::string_view label, LogId store, EntityUid secret, VersionNumber n,
                           uint32_t key_number) {
  AssociatedData data(label);
  data.AddNumber(store.value()).AddNumber(secret.value()).AddNumber(n.value());
  data.AddNumber(key_number);
  return data;
}

// Names are public but belong to the version: swapping "user" and "password" must not open.
AssociatedData FieldsData(LogId store, EntityUid secret, VersionNumber n, uint32_t key_number,
                          const std::vector<std::string>& names) {
  AssociatedData data = VersionData(kFieldsLabel, store, secret, n, key_number);
  data.AddNumber(names.size());
  for (const std::string& name : names) data.AddText(name);
  return data;
}

}  // namespace

absl::StatusOr<Vault> Vault::Create(const SecretBytes& root, LogId store) {
  ASSIGN_OR_RETURN(const WrappingKey root_key, WrappingKey::From(root));
  Vault vault(store, root_key.id());
  for (const KeyClass cls : kClasses) RETURN_IF_ERROR(vault.AddKey(root, cls));
  return vault;
}

absl::StatusOr<Vault> Vault::Open(const SecretBytes& root, LogId store,
                                  std::vector<KeyRecord> records) {
  ASSIGN_OR_RETURN(const WrappingKey root_key, WrappingKey::From(root));
  Vault vault(store, root_key.id());
  // Key-encryption keys first: the others need them.
  for (const bool wrapping : {true, false}) {
    for (const KeyRecord& record : records) {
      if ((record.cls == KeyClass::kKeyEncryption) != wrapping) continue;
      RETURN_IF_ERROR(vault.OpenRecord(root_key, record));
    }
  }
  for (const KeyClass cls : kClasses) {
    if (vault.LastNumber(cls) == 0) return Damaged(cls, 1, "is missing");
  }
  vault.records_ = std::move(records);
  return vault;
}

absl::Status Vault::OpenRecord(const WrappingKey& root, const KeyRecord& record) {
  const auto damaged = [&record](std::string_view offence) {
    return Damaged(record.cls, record.number, offence);
  };
  if (record.number == 0 || record.sealed.size() < kWrappedBySize) {
    return damaged("has a record that is cut short");
  }
  const uint32_t wrapped_by = DecodeWrappedBy(record.sealed);
  const std::string_view wrapped = std::string_view(record.sealed).substr(kWrappedBySize);
  const bool by_root = record.cls == KeyClass::kKeyEncryption;
  if ((wrapped_by == kRootKey) != by_root) return damaged("is wrapped by the wrong kind of key");
  const WrappingKey* wrapping_key = &root;
  if (!by_root) {
    const auto found = wrapping_keys_.find(wrapped_by);
    if (found == wrapping_keys_.end()) return damaged("is wrapped by a key that is missing");
    wrapping_key = &found->second;
  } else if (WrappingKey::IdIn(wrapped) != root.id()) {
    return WrongRootKey(root.id(), WrappingKey::IdIn(wrapped));
  }
  absl::StatusOr<SecretBytes> key =
      wrapping_key->Unwrap(RecordData(record.cls, record.number, wrapped_by), wrapped);
  if (ReasonOf(key.status()) == Reason::kStoreDamaged) {
    return damaged("does not open: its record was changed or comes from another store");
  }
  RETURN_IF_ERROR(key.status());
  return Install(record.cls, record.number, *std::move(key));
}

absl::Status Vault::Install(KeyClass cls, uint32_t number, SecretBytes key) {
  bool inserted = false;
  if (cls == KeyClass::kKeyEncryption) {
    ASSIGN_OR_RETURN(WrappingKey wrapping_key, WrappingKey::From(key));
    inserted = wrapping_keys_.emplace(number, std::move(wrapping_key)).second;
  } else if (cls == KeyClass::kLeaseMac) {
    inserted = mac_keys_.emplace(number, std::move(key)).second;
  } else if (cls == KeyClass::kCheckpoint) {
    inserted = checkpoint_keys_.emplace(number, std::move(key)).second;
    checkpoint_public_key_ =
        Ed25519PublicKeyOf(checkpoint_keys_.rbegin()->second.Reveal(SecretAccess()));
  }
  if (!inserted) return Damaged(cls, number, "has two records or an unknown class");
  return absl::OkStatus();
}

uint32_t Vault::LastNumber(KeyClass cls) const {
  const auto last = [](const auto& keys) { return keys.empty() ? 0 : keys.rbegin()->first; };
  switch (cls) {
    case KeyClass::kKeyEncryption:
      return last(wrapping_keys_);
    case KeyClass::kLeaseMac:
      return last(mac_keys_);
    case KeyClass::kCheckpoint:
      return last(checkpoint_keys_);
  }
  return 0;
}

AssociatedData Vault::RecordData(KeyClass cls, uint32_t number, uint32_t wrapped_by) const {
  AssociatedData data(kRecordLabel);
  data.AddNumber(store_.value()).AddNumber(static_cast<uint64_t>(cls));
  data.AddNumber(number).AddNumber(wrapped_by);
  return data;
}

absl::Status Vault::AddKey(const SecretBytes& root, KeyClass cls) {
  ASSIGN_OR_RETURN(const WrappingKey root_key, WrappingKey::From(root));
  if (root_key.id() != root_id_) return WrongRootKey(root_key.id(), root_id_);
  const bool by_root = cls == KeyClass::kKeyEncryption;
  const uint32_t wrapped_by = by_root ? kRootKey : wrapping_keys_.rbegin()->first;
  const WrappingKey& wrapping_key = by_root ? root_key : wrapping_keys_.rbegin()->second;
  const uint32_t number = LastNumber(cls) + 1;
  ASSIGN_OR_RETURN(SecretBytes key, SecretBytes::Random(kKeySize));
  KeyRecord record{cls, number,
                   StrCat(EncodeWrappedBy(wrapped_by),
                          wrapping_key.Wrap(RecordData(cls, number, wrapped_by), key))};
  RETURN_IF_ERROR(Install(cls, number, std::move(key)));
  records_.push_back(std::move(record));
  return absl::OkStatus();
}

absl::StatusOr<SealedVersion> Vault::Seal(EntityUid secret, VersionNumber n,
                                          const SecretFields& fields) const {
  LEASEHOLD_CHECK(!secret.empty() && !n.empty());
  const auto& [key_number, wrapping_key] = *wrapping_keys_.rbegin();
  SealedVersion sealed;
  sealed.key_number = key_number;
  sealed.field_names = fields.Names();
  ASSIGN_OR_RETURN(const SecretBytes data_key, SecretBytes::Random(kKeySize));
  sealed.wrapped_key =
      wrapping_key.Wrap(VersionData(kDataKeyLabel, store_, secret, n, key_number), data_key);
  ASSIGN_OR_RETURN(const SecretBytes packed, fields.Pack());
  sealed.ciphertext = Envelope::Seal(
      data_key, FieldsData(store_, secret, n, key_number, sealed.field_names), packed);
  return sealed;
}

absl::StatusOr<SecretFields> Vault::Unseal(EntityUid secret, VersionNumber n,
                                           const SealedVersion& sealed) const {
  if (sealed.wrapped_key.empty()) {
    return Error(Reason::kVersionDestroyed,
                 StrCat("version ", n.value(), " of this secret was destroyed; its value is gone"));
  }
  const std::string context = StrCat("version ", n.value(), " of secret ", secret.value());
  const auto wrapping_key = wrapping_keys_.find(sealed.key_number);
  if (wrapping_key == wrapping_keys_.end()) {
    return Error(Reason::kStoreDamaged,
                 StrCat(context, " is wrapped by key-encryption key ", sealed.key_number,
                        ", which this store does not have; restore the store from a backup"));
  }
  const AssociatedData key_data = VersionData(kDataKeyLabel, store_, secret, n, sealed.key_number);
  absl::StatusOr<SecretBytes> data_key = wrapping_key->second.Unwrap(key_data, sealed.wrapped_key);
  if (!data_key.ok()) return Annotate(data_key.status(), context);
  const AssociatedData fields_data =
      FieldsData(store_, secret, n, sealed.key_number, sealed.field_names);
  absl::StatusOr<SecretBytes> packed = Envelope::Open(*data_key, fields_data, sealed.ciphertext);
  if (!packed.ok()) return Annotate(packed.status(), context);
  absl::StatusOr<SecretFields> fields = SecretFields::Unpack(sealed.field_names, *packed);
  if (!fields.ok()) return Annotate(fields.status(), context);
  return fields;
}

std::optional<Hash> Vault::Mac(uint32_t key_number, std::string_view label,
                               ByteView message) const {
  LEASEHOLD_CHECK(!label.empty() && label.size() <= std::numeric_limits<uint8_t>::max());
  const auto key = mac_keys_.find(key_number);
  if (key == mac_keys_.end()) return std::nullopt;
  const std::string input = StrCat(static_cast<char>(label.size()), label, AsText(message));
  return HmacSha256(key->second.Reveal(SecretAccess()), AsBytes(input));
}

std::array<uint8_t, 64> Vault::SignCheckpoint(ByteView message) const {
  return Ed25519Sign(checkpoint_keys_.rbegin()->second.Reveal(SecretAccess()), message);
}

}  // namespace leasehold
