#ifndef LEASEHOLD_SERVER_LEASES_COMMITTER_OPERATION_H_
#define LEASEHOLD_SERVER_LEASES_COMMITTER_OPERATION_H_

#include <cstddef>

#include "absl/status/status.h"

namespace leasehold {

class Transaction;

// Something that may change the state. It waits in the Committer's queue, is judged at its place in
// the ledger, and is answered once that is durable. Judge and Finish run on the Committer's thread,
// each at most once, and must not block.
class Operation {
 public:
  virtual ~Operation() = default;

  // Decides against tx.state(), in which everything before is folded already, and appends what
  // follows. An operation that is refused appends nothing, or a record of the refusal.
  virtual void Judge(Transaction& tx) = 0;

  // Called after the commit that holds the operation's entries, when readers see them; or with
  // kLedgerFull, kShuttingDown or kOverloaded, in which case Judge did not run and nothing changed.
  virtual void Finish(const absl::Status& commit) = 0;

  // Whether it is served before all else, and without a limit of the queue: what operators stop.
  virtual bool Urgent() const { return false; }
  // Whether it is admitted on a full disk: revocations, holds, suspensions and releases.
  virtual bool AdmittedWhenFull() const { return Urgent(); }
  // How many decisions it makes, for the limits of batches and quotas.
  virtual size_t Weight() const { return 1; }
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_COMMITTER_OPERATION_H_
