#ifndef LEASEHOLD_SERVER_LEASES_STATE_ENTRY_FACTS_H_
#define LEASEHOLD_SERVER_LEASES_STATE_ENTRY_FACTS_H_

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/state.h"
#include "server/ledger/block_summary.h"

namespace leasehold {

// What `entry` is about. Agent, secret and workflow of an entry about a lease are those of the
// lease. The entry at `index` is folded into `state` already.
EntryFacts FactsOf(LogIndex index, const ledger::v1::Entry& entry, const State& state);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_STATE_ENTRY_FACTS_H_
