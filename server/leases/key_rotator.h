#ifndef LEASEHOLD_SERVER_LEASES_KEY_ROTATOR_H_
#define LEASEHOLD_SERVER_LEASES_KEY_ROTATOR_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/key_class.h"
#include "server/base/principal.h"
#include "server/leases/committer/committer.h"
#include "server/leases/operations/keys.h"
#include "server/vault/sealable_vault.h"
#include "storage/store.h"

namespace leasehold {

// Replaces keys while the server serves. A new key-encryption key wraps the data keys of all
// versions anew, in small batches between those of others; until all are done, both keys are there.
// A server that ends in between goes on with FinishRewrapping when it is open again.
//
// Its methods wait for commits: not for the Committer's thread. One at a time works; another gets
// OVERLOADED.
class KeyRotator {
 public:
  // A batch of versions is as quick to commit as others, so that nobody waits longer for it.
  static constexpr size_t kBatchVersions = 64;
  static constexpr size_t kBatchBytes = 256 * 1024;

  struct Rotated {
    KeyClass cls = KeyClass::kKeyEncryption;
    uint32_t number = 0;
    LogIndex index;
    uint64_t rewrapped_versions = 0;
  };

  // All must outlive it. `between_batches` is called after each batch of versions; may be empty.
  KeyRotator(Committer& committer, Store& store, SealableVault& vault,
             std::function<void()> between_batches = {});

  // Errors as of RotateKey, and as of FinishRewrapping: the new key is there and recorded then.
  absl::StatusOr<Rotated> Rotate(const Principal& principal, KeyClass cls);

  // Wraps anew what rotations that were cut short left, and removes the old keys; how many versions
  // that were. SEALED; STORE_DAMAGED, with the old keys kept, where a version does not open;
  // SHUTTING_DOWN after Stop, or when the Committer closes.
  absl::StatusOr<uint64_t> FinishRewrapping();

  // Makes a rewrapping that goes on end soon. Safe from any thread.
  void Stop() { stopped_.store(true); }

 private:
  class Turn;

  absl::StatusOr<uint64_t> Rewrap();
  // The versions of up to 256 secrets from `next` on, which moves behind them; false at the end.
  bool NextVersions(EntityUid* next, std::vector<VersionKey>* versions);
  absl::StatusOr<uint64_t> RewrapAll(const Vault& vault, const std::vector<VersionKey>& versions);
  absl::StatusOr<uint64_t> PutBatch(std::vector<VersionRow> rows);

  // Hands in `decide` and waits for the answer.
  template <typename Result, typename Decide>
  absl::StatusOr<Result> Submit(Decide decide, std::function<void()> after_commit = {});

  Committer& committer_;
  Store& store_;
  SealableVault& vault_;
  const std::function<void()> between_batches_;
  std::atomic<bool> busy_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_KEY_ROTATOR_H_
