#ifndef LEASEHOLD_SERVER_API_UNSEALING_H_
#define LEASEHOLD_SERVER_API_UNSEALING_H_

#include <cstddef>
#include <deque>
#include <functional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "leasehold/v1/admin.pb.h"
#include "server/vault/secret_bytes.h"

namespace leasehold {

// Takes the passphrase out of a request, which is wiped at once: gRPC frees its memory without.
class ReceivedPassphrase {
 public:
  static absl::StatusOr<SecretBytes> Take(const v1::UnsealRequest* request);
};

// Tries passphrases, one at a time and not many wrong ones: each costs 64 MiB and some 100 ms, and
// whoever guesses is to be slow. Safe from any thread.
class Unsealing {
 public:
  using Try = std::function<absl::Status(const SecretBytes& passphrase)>;

  // Wrong attempts within kWindow, beyond which none is tried. Few enough to stop guessing, many
  // enough for a person with a bad keyboard.
  static constexpr size_t kWrongMax = 10;
  static constexpr absl::Duration kWindow = absl::Minutes(1);

  // `attempt` unseals, or fails with ROOT_KEY_WRONG and others.
  explicit Unsealing(Try attempt) : attempt_(std::move(attempt)) {}

  // The outcome of the attempt; OVERLOADED, with when to try again, where it was not made.
  absl::Status Unseal(const SecretBytes& passphrase, absl::Time now);

 private:
  absl::Status Begin(absl::Time now);

  const Try attempt_;
  absl::Mutex mu_;
  bool busy_ ABSL_GUARDED_BY(mu_) = false;
  std::deque<absl::Time> wrong_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_UNSEALING_H_
