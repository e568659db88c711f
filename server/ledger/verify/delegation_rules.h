#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_DELEGATION_RULES_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_DELEGATION_RULES_H_

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/state.h"
#include "server/ledger/verify/findings.h"

namespace leasehold {

// The promises about delegated leases, written a second time: none is wider than where it comes
// from, and none is used for what was left out. That they end with it says LeaseRules, which counts
// their uses, too. `before` is the fold of all entries before `entry`; `side` has the bodies.
Objection CheckDelegation(const ledger::v1::Entry& entry, const State& before, SideSource& side);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_DELEGATION_RULES_H_
