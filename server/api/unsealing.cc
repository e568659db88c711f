#include "server/api/unsealing.h"

#include <openssl/crypto.h>

#include <string>

#include "server/base/crypto_bytes.h"
#include "server/base/status.h"
#include "server/vault/sealed_root_key.h"

namespace leasehold {

absl::StatusOr<SecretBytes> ReceivedPassphrase::Take(const v1::UnsealRequest* request) {
  std::string& received = *const_cast<v1::UnsealRequest*>(request)->mutable_passphrase();
  absl::StatusOr<SecretBytes> passphrase =
      Error(Reason::kInvalidArgument, "passphrase: must have 1 to 1,024 bytes");
  if (!received.empty() && received.size() <= SealedRootKey::kPassphraseMax) {
    passphrase = SecretBytes::CopyFrom(AsBytes(received), SecretAccess());
  }
  OPENSSL_cleanse(received.data(), received.size());
  received.clear();
  return passphrase;
}

absl::Status Unsealing::Begin(absl::Time now) {
  absl::MutexLock lock(&mu_);
  while (!wrong_.empty() && now - wrong_.front() >= kWindow) {
    wrong_.pop_front();
  }
  if (wrong_.size() >= kWrongMax) {
    return Error(Reason::kOverloaded, "too many wrong passphrases; wait a minute and try again",
                 {.retry_after = wrong_.front() + kWindow - now});
  }
  if (busy_) {
    return Error(Reason::kOverloaded, "a passphrase is being tried already; try again",
                 {.retry_after = absl::Seconds(1)});
  }
  busy_ = true;
  return absl::OkStatus();
}

absl::Status Unsealing::Unseal(const SecretBytes& passphrase, absl::Time now) {
  RETURN_IF_ERROR(Begin(now));
  const absl::Status status = attempt_(passphrase);
  absl::MutexLock lock(&mu_);
  busy_ = false;
  if (ReasonOf(status) == Reason::kRootKeyWrong) {
    wrong_.push_back(now);
  }
  return status;
}

}  // namespace leasehold
