#include "server/state_sample.h"

#include "server/leases/active_leases.h"

namespace leasehold {
namespace {

// Counters only grow: a lease that had expired and is covered by a later revocation stays expired.
void CatchUp(const CounterHandle& counter, uint64_t count, uint64_t& shown) {
  if (count > shown) {
    counter.Increment(static_cast<double>(count - shown));
    shown = count;
  }
}

}  // namespace

StateSampler::Ends StateSampler::CountEnds(UnixMillis now) const {
  Ends ends;
  CountLeases(
      committer_.published(), NewestLease(committer_.published()),
      [&](const State& state, const Lease& lease) {
        const Revocation* mark = state.RevocationOf(lease);
        if (state.CheckLease(lease, now).ok()) {
          ++ends.active;
        } else if (lease.released) {
          ++ends.released;
        } else if (mark == nullptr ? now >= lease.expire_time : mark->time >= lease.expire_time) {
          ++ends.expired;
        } else {
          ++ends.revoked;
        }
        return true;
      });
  return ends;
}

StateSample StateSampler::Sample() {
  UnixMillis now = committer_.clock().Now();
  Space space = committer_.space();
  StateSample sample{.ready = vault_.CheckOpen().ok() && committer_.Ready().ok(),
                     .commit_queue_length = committer_.queue_length(),
                     .ledger_bytes = space.database_bytes,
                     .storage_free_bytes = space.free_bytes,
                     .clock_adjustments = committer_.clock().steps()};
  committer_.published().Read([&](const PublishedState::View& view) {
    sample.ledger_entries = view.state.size();
    const PolicyHistory& policies = view.state.policies();
    sample.approvals_pending = view.state.approvals().CountPending(now);
    sample.policy_revision = policies.revision().value();
    sample.policies_observed = policies.current().ObservedAt(now.ToTime()).size();
    if (!view.state.last_backup().empty()) {
      sample.last_backup = view.state.last_backup().ToTime();
    }
  });
  if (tls_ != nullptr) {
    std::shared_ptr<const TlsMaterial> material = tls_->Current();
    sample.certificate_ends = {{"server", material->expire_time}};
    if (material->clients != nullptr) {
      sample.certificate_ends.emplace_back("client_ca", material->clients->bundle_expire_time());
      sample.certificate_ends.emplace_back("crl", material->clients->crl_expire_time());
    }
  }
  Ends ends = CountEnds(now);
  sample.leases_active = ends.active;
  CatchUp(leases_->ended_released, ends.released, shown_.released);
  CatchUp(leases_->ended_revoked, ends.revoked, shown_.revoked);
  CatchUp(leases_->ended_expired, ends.expired, shown_.expired);
  return sample;
}

}  // namespace leasehold
