#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_REFUSALS_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_REFUSALS_H_

#include "server/leases/committer/transaction.h"
#include "server/leases/refusal_limiter.h"

namespace leasehold {

// Appends one refusals_summarized entry.
void AppendRefusals(Transaction& tx, const RefusalSummary& summary);

// Records a refusal that has no `use` entry of its own (a new lease, a renewal): at once, or
// counted where there were many like it. Refusals as NOT_FOUND_OR_FORBIDDEN are alike whatever they
// asked for: if secrets that exist had counters of their own, the time of an answer, with or
// without a commit, would tell which exist.
void RecordRefusal(Transaction& tx, RefusalLimiter& limiter, const RefusalKey& key,
                   LeaseNumber lease);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_REFUSALS_H_
