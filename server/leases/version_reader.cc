#include "server/leases/version_reader.h"

#include <utility>

#include "server/base/status.h"

namespace leasehold {

absl::StatusOr<VersionReader::Sealed> VersionReader::Find(const VersionKey& key) {
  uint64_t forgotten = 0;
  {
    absl::MutexLock lock(&mu_);
    if (auto it = cache_.find(key); it != cache_.end()) {
      return it->second;
    }
    forgotten = forgotten_;
  }
  // No lock over I/O: two that miss at once both read.
  ASSIGN_OR_RETURN(std::unique_ptr<StoreView> view, store_.NewView());
  ASSIGN_OR_RETURN(std::optional<VersionRow> row, view->ReadVersion(key));
  if (!row.has_value() || row->wrapped_key.empty()) {
    return Error(Reason::kVersionDestroyed, "the version was destroyed");
  }
  auto sealed =
      std::make_shared<SealedVersion>(SealedVersion{.key_number = row->key_number,
                                                    .wrapped_key = std::move(row->wrapped_key),
                                                    .ciphertext = std::move(row->ciphertext),
                                                    .field_names = std::move(row->field_names)});
  absl::MutexLock lock(&mu_);
  if (forgotten != forgotten_) {
    return sealed;  // it may have been destroyed since it was read, and nobody would forget it
                    // again
  }
  size_t size = sealed->ciphertext.size();
  while (cache_bytes_ + size > kCacheBytesMax && !cache_.empty()) {
    cache_bytes_ -= cache_.begin()->second->ciphertext.size();
    cache_.erase(cache_.begin());
  }
  if (cache_.emplace(key, sealed).second) {
    cache_bytes_ += size;
  }
  return sealed;
}

absl::StatusOr<SecretFields> VersionReader::Read(const VersionKey& key) {
  ASSIGN_OR_RETURN(std::shared_ptr<const Vault> vault, vault_.Open());
  ASSIGN_OR_RETURN(Sealed sealed, Find(key));
  if (!vault->HasWrappingKey(sealed->key_number)) {
    // It was wrapped anew since it was read, and the key before is gone; or since the vault was
    // opened here, by a key that came after that.
    Forget(key);
    ASSIGN_OR_RETURN(sealed, Find(key));
    ASSIGN_OR_RETURN(vault, vault_.Open());
  }
  return vault->Unseal(key.secret, key.number, *sealed);
}

void VersionReader::Forget(const VersionKey& key) {
  absl::MutexLock lock(&mu_);
  ++forgotten_;
  if (auto it = cache_.find(key); it != cache_.end()) {
    cache_bytes_ -= it->second->ciphertext.size();
    cache_.erase(it);
  }
}

}  // namespace leasehold
