#ifndef LEASEHOLD_SERVER_VAULT_SEALABLE_VAULT_H_
#define LEASEHOLD_SERVER_VAULT_SEALABLE_VAULT_H_

#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "server/vault/vault.h"

namespace leasehold {

// The keys of the store that is served, which are not there while the server is sealed and are
// others after a rotation. Whoever needs keys holds a reference to this and asks Open() for each
// piece of work, so that there is no way to keys while sealed, and one error for it.
//
// Safe from any thread.
class SealableVault {
 public:
  // Sealed.
  SealableVault() = default;
  // Open.
  explicit SealableVault(Vault vault) : vault_(std::make_shared<const Vault>(std::move(vault))) {}

  // The keys, which stay as they are while the caller has them; SEALED. Some tens of nanoseconds.
  absl::StatusOr<std::shared_ptr<const Vault>> Open() const;
  // OK, or the error of Open.
  absl::Status CheckOpen() const;

  // Ends the sealing. FAILED_PRECONDITION, with nothing changed, where it is open already.
  absl::Status Unseal(Vault vault);
  // Other keys of the same store, after a rotation: the Committer's thread only. Never while
  // sealed.
  void Replace(Vault vault);

 private:
  mutable absl::Mutex mu_;
  std::shared_ptr<const Vault> vault_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_VAULT_SEALABLE_VAULT_H_
