#include "server/leases/operations/secrets.h"

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

using ledger::v1::Entry;

absl::StatusOr<VersionKey> AddVersion(Transaction& tx, const Vault& vault, const VersionAdd& add,
                                      const SecretFields& fields) {
  const Entity* secret = tx.state().entities().FindByName(EntityKind::kSecret, add.secret.value());
  if (secret == nullptr) {
    return Error(Reason::kNotFound, StrCat("there is no secret named ", add.secret.value()));
  }
  ASSIGN_OR_RETURN(const RequestIds::Made* made,
                   tx.state().requests().FindRepeated(add.request_hash, tx.now()));
  if (made != nullptr) {
    // The secret of that name may be a later one, and then the version is not of it.
    if (made->time < secret->create_time ||
        tx.state().versions().Find(secret->uid, VersionNumber(made->number)) == nullptr) {
      return Error(Reason::kRequestIdReused,
                   "request_id made a version of a secret that was deleted since; use a new one");
    }
    return VersionKey{secret->uid, VersionNumber(made->number)};
  }
  VersionKey key{secret->uid, tx.state().versions().next(secret->uid)};
  ASSIGN_OR_RETURN(SealedVersion sealed, vault.Seal(key.secret, key.number, fields));
  Entry entry;
  ledger::v1::VersionAdded* added = entry.mutable_version_added();
  *added->mutable_control() = tx.MakeControl(add.principal, add.request_hash);
  added->set_secret(key.secret.value());
  added->set_version(key.number.value());
  added->set_ciphertext_hash(std::string(AsText(Sha256Of(AsBytes(sealed.ciphertext)))));
  added->set_expire_time_ms(tx.EpochEndMillis(add.expire_time));
  tx.AddVersion({.key = key,
                 .key_number = sealed.key_number,
                 .wrapped_key = std::move(sealed.wrapped_key),
                 .ciphertext = std::move(sealed.ciphertext),
                 .field_names = std::move(sealed.field_names)});
  tx.Append(std::move(entry));
  return key;
}

absl::StatusOr<VersionKey> ChangeVersion(Transaction& tx, const VersionChange& change) {
  const State& state = tx.state();
  const Entity* secret = state.entities().FindByName(EntityKind::kSecret, change.secret.value());
  const VersionInfo* version =
      secret == nullptr ? nullptr : state.versions().Find(secret->uid, change.version);
  if (version == nullptr) {
    return Error(Reason::kNotFound, StrCat("there is no version ", change.version.value(),
                                           " of a secret named ", change.secret.value()));
  }
  VersionKey key{secret->uid, change.version};
  if (version->state == change.state) {
    return key;
  }
  if (version->state == VersionState::kDestroyed) {
    return Error(Reason::kVersionDestroyed,
                 StrCat("version ", change.version.value(), " of ", change.secret.value(),
                        " was destroyed; add a new version"));
  }
  Entry entry;
  ledger::v1::VersionState* changed = entry.mutable_version_state();
  *changed->mutable_control() = tx.MakeControl(change.principal);
  changed->set_secret(key.secret.value());
  changed->set_version(key.number.value());
  changed->set_state(static_cast<ledger::v1::VersionStateKind>(change.state));
  tx.Append(std::move(entry));
  if (change.state == VersionState::kDestroyed) {
    tx.DestroyVersion(key);
  }
  return key;
}

}  // namespace leasehold
