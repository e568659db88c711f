#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_CHAIN_POLICY_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_CHAIN_POLICY_H_

#include "server/leases/state/lease_chain.h"
#include "server/leases/state/state.h"
#include "server/policy/decision.h"

namespace leasehold {

// What policy says of leases that were delegated. What is allowed follows from the policies about
// the agent that took the first lease itself; a policy that denies any agent of the chain denies.
// For a lease that nobody delegated it comes to the plain decision.

// Whether the lease may be kept: the root's decision.
LeaseDecision DecideKeeping(const State& state, const LeaseChain& chain, UnixMillis now);

// `query` without its subject.
UseDecision DecideUse(const State& state, const LeaseChain& chain, UnixMillis now, UseQuery query);

// The hold on anybody or anything that the chain rests on, or nullptr.
const Hold* HoldOver(const State& state, const LeaseChain& chain);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_CHAIN_POLICY_H_
