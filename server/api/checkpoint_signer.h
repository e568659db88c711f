#ifndef LEASEHOLD_SERVER_API_CHECKPOINT_SIGNER_H_
#define LEASEHOLD_SERVER_API_CHECKPOINT_SIGNER_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "leasehold/v1/ledger.pb.h"
#include "server/leases/state/state.h"
#include "server/vault/sealable_vault.h"
#include "storage/rows.h"

namespace leasehold {

struct CheckpointToSign {
  std::string origin;
  TreeHead head;
  // Number of the checkpoint key that is in use at this head: whoever verifies the ledger up to
  // there expects its signature and no other's.
  uint32_t key = 0;
};

// The signed checkpoint. SEALED. Safe from any thread; some tens of microseconds.
absl::StatusOr<v1::Checkpoint> SignedCheckpoint(const SealableVault& vault,
                                                const CheckpointToSign& checkpoint);

// Adds how the checkpoint keys of the current origin followed each other.
void AddKeyChanges(const State& state, v1::Checkpoint* checkpoint);

// What those who check such signatures need: the note format's text form of the key in use.
absl::StatusOr<std::string> VerifierKeyText(const State& state);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_CHECKPOINT_SIGNER_H_
