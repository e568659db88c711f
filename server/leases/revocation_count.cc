#include "server/leases/revocation_count.h"

#include <algorithm>
#include <set>

#include "server/leases/active_leases.h"
#include "server/leases/state/lease_chain.h"

namespace leasehold {
namespace {

// The epoch in which the entry at `index` was written, counted from 0.
uint32_t EpochAt(const State& state, LogIndex index) {
  uint32_t ordinal = 0;
  for (uint32_t i = 0; i < state.epochs().size(); ++i) {
    if (state.epochs()[i].first_index <= index) {
      ordinal = i;
    }
  }
  return ordinal;
}

// Whether `revocation` covers the lease or one above it.
bool CoversChain(const State& state, const Lease& lease, const Revocation& revocation) {
  const LeaseChain chain = ChainOf(state.leases(), lease);
  return std::any_of(chain.begin(), chain.end(),
                     [&](const Lease* each) { return revocation.Covers(*each); });
}

// Whether `revocation` is what ended the lease that it covers.
bool Ended(const State& state, const Lease& lease, const Revocation& revocation) {
  const Revocation* first = nullptr;
  for (const Lease* each : ChainOf(state.leases(), lease)) {
    first = First(first, state.RevocationOf(*each));
  }
  return first != nullptr && first->index == revocation.index && !lease.released &&
         revocation.time < lease.expire_time &&
         lease.epoch_ordinal == EpochAt(state, revocation.index);
}

template <typename EndedBy>
RevocationCount Count(const PublishedState& published, const Revocation& revocation, UnixMillis now,
                      EndedBy ended_by) {
  RevocationCount count;
  std::set<VersionKey> revealed;
  count.ended =
      CountLeases(published, NewestLease(published), [&](const State& state, const Lease& lease) {
        if (!CoversChain(state, lease, revocation)) {
          return false;
        }
        count.last_allowed_use = std::max(count.last_allowed_use, lease.last_allowed_use);
        for (VersionNumber number : state.leases().RevealedUnder(lease.number)) {
          const VersionInfo* version = state.versions().Find(lease.secret, number);
          if (version != nullptr && version->UsableAt(now) &&
              revealed.size() < kRevealedVersionsMax) {
            revealed.insert({lease.secret, number});
          }
        }
        return ended_by(state, lease);
      });
  count.revealed.assign(revealed.begin(), revealed.end());
  return count;
}

}  // namespace

RevocationCount CountRevocation(const PublishedState& published, const Revocation& revocation,
                                UnixMillis now) {
  return Count(published, revocation, now, [&](const State& state, const Lease& lease) {
    return Ended(state, lease, revocation);
  });
}

RevocationCount CountDryRun(const PublishedState& published, const Revocation& revocation,
                            UnixMillis now) {
  return Count(published, revocation, now, [&](const State& state, const Lease& lease) {
    return state.CheckLease(lease, now).ok();
  });
}

}  // namespace leasehold
