#ifndef LEASEHOLD_SERVER_LEASES_VERSION_READER_H_
#define LEASEHOLD_SERVER_LEASES_VERSION_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/vault/sealable_vault.h"
#include "storage/store.h"

namespace leasehold {

// Opens versions. Their ciphertexts are kept in memory, so that the point of use need not wait for
// the database; plaintext is not. Safe from any thread; store and vault must outlive it.
class VersionReader {
 public:
  // Ciphertext in memory: 4,096 versions of ordinary size; larger ones push others out.
  static constexpr size_t kCacheBytesMax = 16 << 20;

  VersionReader(Store& store, const SealableVault& vault) : store_(store), vault_(vault) {}

  // The fields of a version. SEALED; VERSION_DESTROYED where its key is gone; fails as
  // Vault::Unseal.
  absl::StatusOr<SecretFields> Read(const VersionKey& key);
  // Brings the ciphertext into memory, so that Read does not wait. Its size, a little more than
  // that of the values; 0 where that fails, which is left to Read.
  size_t Prefetch(const VersionKey& key) {
    absl::StatusOr<Sealed> sealed = Find(key);
    return sealed.ok() ? (*sealed)->ciphertext.size() : 0;
  }
  // Forgets a version that was destroyed.
  void Forget(const VersionKey& key);

 private:
  struct KeyHash {
    size_t operator()(const VersionKey& key) const { return absl::HashOf(key.secret, key.number); }
  };
  using Sealed = std::shared_ptr<const SealedVersion>;

  absl::StatusOr<Sealed> Find(const VersionKey& key);

  Store& store_;
  const SealableVault& vault_;
  absl::Mutex mu_;
  absl::flat_hash_map<VersionKey, Sealed, KeyHash> cache_ ABSL_GUARDED_BY(mu_);
  size_t cache_bytes_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t forgotten_ ABSL_GUARDED_BY(mu_) = 0;  // calls of Forget
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_VERSION_READER_H_
