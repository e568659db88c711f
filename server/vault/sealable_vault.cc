#include "server/vault/sealable_vault.h"

#include <utility>

#include "server/base/check.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

absl::Status Sealed() {
  return Error(Reason::kSealed,
               "the server is sealed: it waits for the passphrase of its root key; an operator has "
               "to run `leasehold server unseal`");
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Vault>> SealableVault::Open() const {
  {
    absl::ReaderMutexLock lock(&mu_);
    if (vault_ != nullptr) return vault_;
  }
  return Sealed();
}

absl::Status SealableVault::CheckOpen() const {
  absl::ReaderMutexLock lock(&mu_);
  return vault_ != nullptr ? absl::OkStatus() : Sealed();
}

absl::Status SealableVault::Unseal(Vault vault) {
  auto opened = std::make_shared<const Vault>(std::move(vault));
  absl::MutexLock lock(&mu_);
  if (vault_ != nullptr) {
    return Error(Reason::kFailedPrecondition, "the server is not sealed");
  }
  vault_ = std::move(opened);
  return absl::OkStatus();
}

void SealableVault::Replace(Vault vault) {
  auto replaced = std::make_shared<const Vault>(std::move(vault));
  absl::MutexLock lock(&mu_);
  LEASEHOLD_CHECK(vault_ != nullptr);
  // What was there is wiped outside of the lock, by whoever used it last.
  vault_.swap(replaced);
}

}  // namespace leasehold
