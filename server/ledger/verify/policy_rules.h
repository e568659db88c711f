#ifndef LEASEHOLD_SERVER_LEDGER_VERIFY_POLICY_RULES_H_
#define LEASEHOLD_SERVER_LEDGER_VERIFY_POLICY_RULES_H_

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/leases/state/state.h"
#include "server/ledger/verify/findings.h"

namespace leasehold {

// Asks the policy set and the targets of that moment whether an issue, a renewal or an allowed use
// was theirs. `before` holds everything before the entry. What the ledger does not keep (method and
// path of a request) cannot be asked again; that a policy in force was named with it can.
Objection CheckPolicy(const ledger::v1::Entry& entry, const State& before);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEDGER_VERIFY_POLICY_RULES_H_
