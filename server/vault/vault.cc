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

std::string EncodeNumber(uint32_t number) {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
  return out;
}

// Of the first 4 bytes.
uint32_t DecodeNumber(std::string_view bytes) {
  uint32_t number = 0;
  for (const uint8_t byte : AsBytes(bytes.substr(0, 4))) number = number << 8 | byte;
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

// Names are public but belong to the version: swapping "user" and "password" must not open.
void AddNames(const std::vector<std::string>& names, AssociatedData& data) {
  data.AddNumber(names.size());
  for (const std::string& name : names) data.AddText(name);
}

// The size of a wrapped data key; one that was wrapped anew has a number behind it.
constexpr size_t kWrappedSize = WrappingKey::kIdSize + Envelope::kOverhead + kKeySize;
constexpr size_t kFirstNumberSize = 4;

bool WasRewrapped(const SealedVersion& sealed) {
  return sealed.wrapped_key.size() == kWrappedSize + kFirstNumberSize;
}

// The number of the key-encryption key that was current when the version was sealed.
uint32_t FirstKeyNumber(const SealedVersion& sealed) {
  return WasRewrapped(sealed)
             ? DecodeNumber(std::string_view(sealed.wrapped_key).substr(kWrappedSize))
             : sealed.key_number;
}

std::string VersionWords(EntityUid secret, VersionNumber n) {
  return StrCat("version ", n.value(), " of secret ", secret.value());
}

}  // namespace

absl::StatusOr<Vault> Vault::Create(const SecretBytes& root, LogId store) {
  ASSIGN_OR_RETURN(WrappingKey root_key, WrappingKey::From(root));
  Vault vault(store, std::move(root_key));
  for (const KeyClass cls : kClasses) {
    ASSIGN_OR_RETURN(Rotation rotation, vault.AddKey(cls));
    vault = rotation.vault.WithNewestCurrent();
  }
  return vault;
}

absl::StatusOr<Vault> Vault::Open(const SecretBytes& root, LogId store,
                                  std::vector<KeyRecord> records) {
  ASSIGN_OR_RETURN(WrappingKey root_key, WrappingKey::From(root));
  Vault vault(store, std::move(root_key));
  // Key-encryption keys first: the others need them.
  for (const bool wrapping : {true, false}) {
    for (const KeyRecord& record : records) {
      if ((record.cls == KeyClass::kKeyEncryption) != wrapping) continue;
      RETURN_IF_ERROR(vault.OpenRecord(record));
    }
  }
  for (const KeyClass cls : kClasses) {
    if (vault.LastNumber(cls) == 0) return Damaged(cls, 1, "is missing");
  }
  vault.records_ = std::move(records);
  return vault.WithNewestCurrent();
}

absl::StatusOr<SecretBytes> Vault::UnwrapRecord(const KeyRecord& record) const {
  const auto damaged = [&record](std::string_view offence) {
    return Damaged(record.cls, record.number, offence);
  };
  if (record.number == 0 || record.sealed.size() < kWrappedBySize) {
    return damaged("has a record that is cut short");
  }
  const uint32_t wrapped_by = DecodeNumber(record.sealed);
  const std::string_view wrapped = std::string_view(record.sealed).substr(kWrappedBySize);
  const bool by_root = record.cls == KeyClass::kKeyEncryption;
  if ((wrapped_by == kRootKey) != by_root) return damaged("is wrapped by the wrong kind of key");
  const WrappingKey* wrapping_key = root_.get();
  if (!by_root) {
    const auto found = wrapping_keys_.find(wrapped_by);
    if (found == wrapping_keys_.end()) return damaged("is wrapped by a key that is missing");
    wrapping_key = found->second.get();
  } else if (WrappingKey::IdIn(wrapped) != root_->id()) {
    return WrongRootKey(root_->id(), WrappingKey::IdIn(wrapped));
  }
  absl::StatusOr<SecretBytes> key =
      wrapping_key->Unwrap(RecordData(record.cls, record.number, wrapped_by), wrapped);
  if (ReasonOf(key.status()) == Reason::kStoreDamaged) {
    return damaged("does not open: its record was changed or comes from another store");
  }
  return key;
}

absl::Status Vault::OpenRecord(const KeyRecord& record) {
  ASSIGN_OR_RETURN(SecretBytes key, UnwrapRecord(record));
  return Install(record.cls, record.number, std::move(key));
}

absl::Status Vault::Install(KeyClass cls, uint32_t number, SecretBytes key) {
  bool inserted = false;
  if (cls == KeyClass::kKeyEncryption) {
    ASSIGN_OR_RETURN(WrappingKey wrapping_key, WrappingKey::From(key));
    auto shared = std::make_shared<const WrappingKey>(std::move(wrapping_key));
    inserted = wrapping_keys_.emplace(number, std::move(shared)).second;
  } else if (cls == KeyClass::kLeaseMac) {
    auto shared = std::make_shared<const SecretBytes>(std::move(key));
    inserted = mac_keys_.emplace(number, std::move(shared)).second;
  } else if (cls == KeyClass::kCheckpoint) {
    const auto public_key = Ed25519PublicKeyOf(key.Reveal(SecretAccess()));
    auto shared = std::make_shared<const CheckpointKey>(CheckpointKey{std::move(key), public_key});
    inserted = checkpoint_keys_.emplace(number, std::move(shared)).second;
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

Vault Vault::WithNewestCurrent() const {
  Vault vault = *this;
  for (const KeyClass cls : kClasses) {
    vault.current_[static_cast<size_t>(cls)] = LastNumber(cls);
  }
  return vault;
}

Vault Vault::WithoutRetiredKeys() const {
  Vault vault = *this;
  const uint32_t current = CurrentKey(KeyClass::kKeyEncryption);
  std::erase_if(vault.wrapping_keys_, [&](const auto& key) { return key.first < current; });
  std::erase_if(vault.records_, [&](const KeyRecord& record) {
    return record.cls == KeyClass::kKeyEncryption && record.number < current;
  });
  return vault;
}

AssociatedData Vault::RecordData(KeyClass cls, uint32_t number, uint32_t wrapped_by) const {
  AssociatedData data(kRecordLabel);
  data.AddNumber(store_.value()).AddNumber(static_cast<uint64_t>(cls));
  data.AddNumber(number).AddNumber(wrapped_by);
  return data;
}

AssociatedData Vault::VersionData(std::string_view label, EntityUid secret, VersionNumber n,
                                  uint32_t key_number) const {
  AssociatedData data(label);
  data.AddNumber(store_.value()).AddNumber(secret.value()).AddNumber(n.value());
  data.AddNumber(key_number);
  return data;
}

KeyRecord Vault::WrapRecord(KeyClass cls, uint32_t number, const SecretBytes& key) const {
  const bool by_root = cls == KeyClass::kKeyEncryption;
  const uint32_t wrapped_by = by_root ? kRootKey : wrapping_keys_.rbegin()->first;
  const WrappingKey& wrapping_key = by_root ? *root_ : *wrapping_keys_.rbegin()->second;
  return {cls, number,
          StrCat(EncodeNumber(wrapped_by),
                 wrapping_key.Wrap(RecordData(cls, number, wrapped_by), key))};
}

absl::StatusOr<Vault::Rotation> Vault::AddKey(KeyClass cls) const {
  const uint32_t number = LastNumber(cls) + 1;
  ASSIGN_OR_RETURN(SecretBytes key, SecretBytes::Random(kKeySize));
  Rotation rotation{.vault = *this, .number = number};
  rotation.changed.push_back(WrapRecord(cls, number, key));
  RETURN_IF_ERROR(rotation.vault.Install(cls, number, std::move(key)));
  if (cls == KeyClass::kKeyEncryption) {
    for (KeyRecord& record : rotation.vault.records_) {
      if (record.cls == KeyClass::kKeyEncryption) continue;
      ASSIGN_OR_RETURN(const SecretBytes other, UnwrapRecord(record));
      record = rotation.vault.WrapRecord(record.cls, record.number, other);
      rotation.changed.push_back(record);
    }
  } else if (cls == KeyClass::kCheckpoint) {
    rotation.public_key = rotation.vault.checkpoint_keys_.rbegin()->second->public_key;
  }
  rotation.vault.records_.push_back(rotation.changed.front());
  return rotation;
}

absl::StatusOr<SealedVersion> Vault::Seal(EntityUid secret, VersionNumber n,
                                          const SecretFields& fields) const {
  LEASEHOLD_CHECK(!secret.empty() && !n.empty());
  SealedVersion sealed;
  sealed.key_number = CurrentKey(KeyClass::kKeyEncryption);
  sealed.field_names = fields.Names();
  ASSIGN_OR_RETURN(const SecretBytes data_key, SecretBytes::Random(kKeySize));
  sealed.wrapped_key =
      wrapping_keys_.at(sealed.key_number)
          ->Wrap(VersionData(kDataKeyLabel, secret, n, sealed.key_number), data_key);
  ASSIGN_OR_RETURN(const SecretBytes packed, fields.Pack());
  AssociatedData bound_to = VersionData(kFieldsLabel, secret, n, sealed.key_number);
  AddNames(sealed.field_names, bound_to);
  sealed.ciphertext = Envelope::Seal(data_key, bound_to, packed);
  return sealed;
}

absl::StatusOr<SecretBytes> Vault::UnwrapDataKey(EntityUid secret, VersionNumber n,
                                                 const SealedVersion& sealed) const {
  if (sealed.wrapped_key.empty()) {
    return Error(Reason::kVersionDestroyed,
                 StrCat("version ", n.value(), " of this secret was destroyed; its value is gone"));
  }
  const auto wrapping_key = wrapping_keys_.find(sealed.key_number);
  if (wrapping_key == wrapping_keys_.end()) {
    return Error(
        Reason::kStoreDamaged,
        StrCat(VersionWords(secret, n), " is wrapped by key-encryption key ", sealed.key_number,
               ", which this store does not have; restore the store from a backup"));
  }
  const AssociatedData bound_to = VersionData(kDataKeyLabel, secret, n, sealed.key_number);
  std::string_view wrapped = sealed.wrapped_key;
  if (WasRewrapped(sealed)) wrapped.remove_suffix(kFirstNumberSize);
  absl::StatusOr<SecretBytes> data_key = wrapping_key->second->Unwrap(bound_to, wrapped);
  if (!data_key.ok()) return Annotate(data_key.status(), VersionWords(secret, n));
  return data_key;
}

absl::StatusOr<SecretFields> Vault::Unseal(EntityUid secret, VersionNumber n,
                                           const SealedVersion& sealed) const {
  ASSIGN_OR_RETURN(const SecretBytes data_key, UnwrapDataKey(secret, n, sealed));
  const std::string context = VersionWords(secret, n);
  AssociatedData bound_to = VersionData(kFieldsLabel, secret, n, FirstKeyNumber(sealed));
  AddNames(sealed.field_names, bound_to);
  absl::StatusOr<SecretBytes> packed = Envelope::Open(data_key, bound_to, sealed.ciphertext);
  if (!packed.ok()) return Annotate(packed.status(), context);
  absl::StatusOr<SecretFields> fields = SecretFields::Unpack(sealed.field_names, *packed);
  if (!fields.ok()) return Annotate(fields.status(), context);
  return fields;
}

absl::Status Vault::Rewrap(EntityUid secret, VersionNumber n, SealedVersion* sealed) const {
  ASSIGN_OR_RETURN(const SecretBytes data_key, UnwrapDataKey(secret, n, *sealed));
  const uint32_t first = FirstKeyNumber(*sealed);
  sealed->key_number = CurrentKey(KeyClass::kKeyEncryption);
  sealed->wrapped_key =
      wrapping_keys_.at(sealed->key_number)
          ->Wrap(VersionData(kDataKeyLabel, secret, n, sealed->key_number), data_key);
  sealed->wrapped_key += EncodeNumber(first);
  return absl::OkStatus();
}

std::optional<Hash> Vault::Mac(uint32_t key_number, std::string_view label,
                               ByteView message) const {
  LEASEHOLD_CHECK(!label.empty() && label.size() <= std::numeric_limits<uint8_t>::max());
  const auto key = mac_keys_.find(key_number);
  if (key == mac_keys_.end()) return std::nullopt;
  const std::string input = StrCat(static_cast<char>(label.size()), label, AsText(message));
  return HmacSha256(key->second->Reveal(SecretAccess()), AsBytes(input));
}

std::optional<std::array<uint8_t, 64>> Vault::SignCheckpoint(uint32_t key_number,
                                                             ByteView message) const {
  const auto key = checkpoint_keys_.find(key_number);
  if (key == checkpoint_keys_.end()) return std::nullopt;
  return Ed25519Sign(key->second->seed.Reveal(SecretAccess()), message);
}

const std::array<uint8_t, 32>* Vault::CheckpointPublicKeyOf(uint32_t key_number) const {
  const auto key = checkpoint_keys_.find(key_number);
  return key == checkpoint_keys_.end() ? nullptr : &key->second->public_key;
}

const std::array<uint8_t, 32>& Vault::CheckpointPublicKey() const {
  return checkpoint_keys_.at(CurrentKey(KeyClass::kCheckpoint))->public_key;
}

}  // namespace leasehold
