// What lease and use entries do to the state.

#include "leasehold/ledger/v1/entry.pb.h"
#include "server/base/status.h"
#include "server/leases/state/fold_error.h"
#include "server/leases/state/state.h"

namespace leasehold {

using ledger::v1::Entry;

absl::Status State::FoldLease(LogIndex index, const Entry& entry, SideSource& side) {
  if (entry.has_lease_issued()) {
    const ledger::v1::LeaseIssued& issued = entry.lease_issued();
    if (LeaseNumber(issued.number()) != leases_.next()) {
      return FoldError(index, "issues a lease whose number is not the next");
    }
    const Entity* agent = entities_.Find(EntityUid(issued.agent()));
    const Entity* secret = entities_.Find(EntityUid(issued.secret()));
    if (agent == nullptr || agent->kind != EntityKind::kAgent || secret == nullptr ||
        secret->kind != EntityKind::kSecret || !texts_.Known(TextId(issued.workflow())) ||
        !texts_.Known(TextId(issued.policy()))) {
      return FoldError(index, "issues a lease of something that was never defined");
    }
    if (issued.delivery() != ledger::v1::DELIVERY_BROKERED &&
        issued.delivery() != ledger::v1::DELIVERY_REVEALED) {
      return FoldError(index, "issues a lease without a way of delivery");
    }
    if (issued.expire_time_ms() > issued.max_expire_time_ms()) {
      return FoldError(index, "issues a lease beyond its maximum");
    }
    ASSIGN_OR_RETURN(LeaseTerms terms, TermsOf(index, issued, side));
    if (terms.approval != 0) {
      if (approvals_.Find(terms.approval) == nullptr) {
        return FoldError(index, "issues a lease on an approval that nobody asked for");
      }
      approvals_.CountUse(terms.approval);
    }
    leases_.Add(Lease{.number = LeaseNumber(issued.number()),
                      .issue_index = index,
                      .agent = agent->uid,
                      .secret = secret->uid,
                      .version = VersionNumber(issued.version()),
                      .workflow = TextId(issued.workflow()),
                      .policy = TextId(issued.policy()),
                      .run = TextId(issued.run()),
                      .credential = CredentialId(issued.credential()),
                      .revision = PolicyRevision(issued.revision()),
                      .issue_time = At(entry.time_ms()),
                      .expire_time = At(issued.expire_time_ms()),
                      .max_expire_time = At(issued.max_expire_time_ms()),
                      .epoch_ordinal = static_cast<uint32_t>(epochs_.size() - 1),
                      .delivery = static_cast<Delivery>(issued.delivery()),
                      .follows_latest = issued.follows_latest()},
                terms);
    FileLease(*leases_.Find(LeaseNumber(issued.number())));
    requests_.Add({issued.request_hash(), index, At(entry.time_ms()), issued.number()});
    return absl::OkStatus();
  }
  bool renewed = entry.has_lease_renewed();
  Lease* lease = leases_.FindMutable(
      LeaseNumber(renewed ? entry.lease_renewed().number() : entry.lease_released().number()));
  if (lease == nullptr) {
    return FoldError(index, "is about a lease that was never issued");
  }
  if (renewed) {
    lease->expire_time = At(entry.lease_renewed().expire_time_ms());
    if (lease->expire_time > lease->max_expire_time) {
      return FoldError(index, "renews a lease beyond its maximum");
    }
  } else {
    lease->released = true;
  }
  return absl::OkStatus();
}

absl::Status State::FoldUse(LogIndex index, const Entry& entry) {
  if (entry.has_use()) {
    const ledger::v1::Use& use = entry.use();
    Lease* lease = leases_.FindMutable(LeaseNumber(use.lease()));
    if (lease == nullptr) {
      return FoldError(index, "uses a lease that was never issued");
    }
    bool allowed = use.verdict() == ledger::v1::VERDICT_ALLOWED;
    if (allowed != (use.reason() == 0)) {
      return FoldError(index, "gives a reason with an allowed use, or none with a denied one");
    }
    CountUse(*lease, use);
    if (allowed && use.revealed()) {
      leases_.AddRevealed(lease->number, VersionNumber(use.version()));
    }
    UsageDestination destination = use.revealed() ? UsageDestination::Reveal()
                                   : use.target() != 0
                                       ? UsageDestination::Target(EntityUid(use.target()))
                                       : UsageDestination::Undeclared();
    // Who came with another agent's token is the one who tried.
    EntityUid agent = use.presenter() != 0 ? EntityUid(use.presenter()) : lease->agent;
    usage_.Record({agent, lease->secret, lease->workflow, destination, DelegatorOf(*lease)},
                  {.index = index,
                   .first = last_time_.ToTime(),
                   .last = last_time_.ToTime(),
                   .denied = static_cast<Reason>(use.reason()),
                   .write = use.write(),
                   .not_enforced = use.not_enforced()});
    return absl::OkStatus();
  }
  const ledger::v1::RefusalsSummarized& refused = entry.refusals_summarized();
  if (refused.reason() == 0) {
    return FoldError(index, "counts refusals without a reason");
  }
  // A refused lease or renewal is no use, and went nowhere.
  bool asked = refused.kind() == ledger::v1::REFUSAL_KIND_ACQUIRE ||
               refused.kind() == ledger::v1::REFUSAL_KIND_RENEW;
  EntityUid delegator;  // empty also where they were of several leases
  if (Lease* lease = leases_.FindMutable(LeaseNumber(refused.lease()))) {
    lease->denied_uses += asked ? 0 : refused.count();
    delegator = DelegatorOf(*lease);
  } else if (refused.lease() != 0) {
    return FoldError(index, "counts refusals of a lease that was never issued");
  }
  UsageDestination destination =
      asked                                               ? UsageDestination::Acquire()
      : refused.kind() == ledger::v1::REFUSAL_KIND_REVEAL ? UsageDestination::Reveal()
      : refused.target() != 0 ? UsageDestination::Target(EntityUid(refused.target()))
                              : UsageDestination::Undeclared();
  usage_.Record({EntityUid(refused.agent()), EntityUid(refused.secret()),
                 TextId(refused.workflow()), destination, delegator},
                {.index = index,
                 .first = At(refused.first_time_ms()).ToTime(),
                 .last = At(refused.last_time_ms()).ToTime(),
                 .denied = static_cast<Reason>(refused.reason()),
                 .count = refused.count()});
  return absl::OkStatus();
}

}  // namespace leasehold
