#ifndef LEASEHOLD_SERVER_INSTALL_NEW_EPOCH_H_
#define LEASEHOLD_SERVER_INSTALL_NEW_EPOCH_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/base/clock.h"
#include "server/install/stops_after.h"
#include "server/vault/vault.h"
#include "storage/store.h"

namespace leasehold {

// The batch that starts a new epoch in a store.
struct NewEpoch {
  Batch batch;
  std::string origin;
  uint64_t leases_ended = 0;
  uint64_t tokens_ended = 0;
  std::vector<std::string> holds;  // all in force, as resource names
};

// Puts together what follows the ledger in `view` when it was restored: an `epoch_started` by the
// operating system's user, which ends every lease and agent token; what stops again that had been
// stopped after the backup; and the clock's mark as the machine's clock has it now. The ledger has
// been verified. Errors as of folding it.
absl::StatusOr<NewEpoch> StartEpoch(StoreView& view, const Vault& vault, const Clock& clock,
                                    const std::vector<StopAfter>& stops);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_INSTALL_NEW_EPOCH_H_
