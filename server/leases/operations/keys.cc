#include "server/leases/operations/keys.h"

#include <memory>
#include <string>
#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/ledger/key_change.h"

namespace leasehold {
namespace {

KeyRow RowOf(const KeyRecord& record) {
  return {static_cast<int>(record.cls), record.number, record.sealed};
}

// Only ever used where the caller has seen the vault open, and it is not sealed again.
std::shared_ptr<const Vault> MustOpen(const SealableVault& vault) {
  absl::StatusOr<std::shared_ptr<const Vault>> keys = vault.Open();
  LEASEHOLD_CHECK(keys.ok());
  return *std::move(keys);
}

}  // namespace

absl::StatusOr<KeyAdded> RotateKey(Transaction& tx, SealableVault& vault,
                                   const Principal& principal, KeyClass cls) {
  ASSIGN_OR_RETURN(const std::shared_ptr<const Vault> keys, vault.Open());
  const KeyHistory& history = tx.state().keys();
  if (history.current(cls) >= kKeysMax) {
    return Error(Reason::kFailedPrecondition,
                 StrCat("the store has had ", kKeysMax, " keys of this kind and takes no more"));
  }
  ASSIGN_OR_RETURN(Vault::Rotation rotation, keys->AddKey(cls));
  if (rotation.number != history.current(cls) + 1) {
    return Error(Reason::kStoreDamaged, StrCat("the store's next key has number ", rotation.number,
                                               ", but the ledger knows ", history.current(cls),
                                               " keys of this kind; restore a backup"));
  }
  ledger::v1::Entry entry;
  ledger::v1::KeyRotated* rotated = entry.mutable_key_rotated();
  *rotated->mutable_control() = tx.MakeControl(principal);
  rotated->set_key_class(static_cast<ledger::v1::KeyClass>(cls));
  rotated->set_number(rotation.number);
  if (cls == KeyClass::kCheckpoint) {
    const std::string public_key(AsText(rotation.public_key));
    // By the ledger's newest, which may have come earlier in this batch.
    const auto signature = keys->SignCheckpoint(
        history.current(cls),
        AsBytes(KeyChangeText(tx.state().origin(), rotation.number, public_key)));
    LEASEHOLD_CHECK(signature.has_value());
    rotated->set_public_key(public_key);
    rotated->set_signature(std::string(AsText(*signature)));
  }
  const LogIndex index = tx.Append(std::move(entry));
  for (const KeyRecord& record : rotation.changed) {
    tx.PutKey(RowOf(record));
  }
  vault.Replace(std::move(rotation.vault));
  return KeyAdded{rotation.number, index};
}

void UseNewestKeys(SealableVault& vault) { vault.Replace(MustOpen(vault)->WithNewestCurrent()); }

size_t PutRewrapped(Transaction& tx, std::vector<VersionRow> versions) {
  size_t put = 0;
  for (VersionRow& row : versions) {
    const VersionInfo* version = tx.state().versions().Find(row.key.secret, row.key.number);
    if (version == nullptr || version->state == VersionState::kDestroyed) {
      continue;  // bringing its key back would undo that
    }
    tx.AddVersion(std::move(row));
    ++put;
  }
  return put;
}

void RemoveRetiredKeys(Transaction& tx, const Vault& vault) {
  const uint32_t current = vault.CurrentKey(KeyClass::kKeyEncryption);
  for (const KeyRecord& record : vault.Records()) {
    if (record.cls == KeyClass::kKeyEncryption && record.number < current) {
      tx.RemoveKey(RowOf(record));
    }
  }
}

void DropRetiredKeys(SealableVault& vault) { vault.Replace(MustOpen(vault)->WithoutRetiredKeys()); }

}  // namespace leasehold
