#include "server/leases/state/entry_facts.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

void AddLease(const State& state, LeaseNumber number, EntryFacts& facts) {
  facts.lease = number;
  if (const Lease* lease = state.leases().Find(number)) {
    facts.agent = lease->agent;
    facts.secret = lease->secret;
    facts.workflow = lease->workflow;
  }
}

void AddSelector(const State& state, const ledger::v1::Selector& selector, EntryFacts& facts) {
  if (selector.lease() != 0) {
    AddLease(state, LeaseNumber(selector.lease()), facts);
    return;
  }
  facts.agent = EntityUid(selector.agent());
  facts.secret = EntityUid(selector.secret());
  facts.workflow = TextId(selector.workflow());
}

void AddEntity(const State& state, EntityUid uid, EntryFacts& facts) {
  const Entity* entity = state.entities().Find(uid);
  if (entity == nullptr) {
    return;
  }
  switch (entity->kind) {
    case EntityKind::kAgent:
      facts.agent = uid;
      return;
    case EntityKind::kSecret:
      facts.secret = uid;
      return;
    case EntityKind::kTarget:
      facts.target = uid;
      return;
    case EntityKind::kGroup:
      return;
  }
}

void AddRefusals(const State& state, const ledger::v1::RefusalsSummarized& refused,
                 EntryFacts& facts) {
  AddLease(state, LeaseNumber(refused.lease()), facts);
  facts.agent = EntityUid(refused.agent());
  facts.secret = EntityUid(refused.secret());
  facts.workflow = TextId(refused.workflow());
  facts.target = EntityUid(refused.target());
  facts.denied = true;
}

}  // namespace

EntryFacts FactsOf(LogIndex index, const Entry& entry, const State& state) {
  EntryFacts facts{.kind = entry.kind_case(), .time = state.TimeOf(index, entry).ToTime()};
  switch (entry.kind_case()) {
    case Entry::kUse:
      AddLease(state, LeaseNumber(entry.use().lease()), facts);
      facts.target = EntityUid(entry.use().target());
      facts.denied = entry.use().verdict() == ledger::v1::VERDICT_DENIED;
      break;
    case Entry::kLeaseIssued:
      facts.lease = LeaseNumber(entry.lease_issued().number());
      facts.agent = EntityUid(entry.lease_issued().agent());
      facts.secret = EntityUid(entry.lease_issued().secret());
      facts.workflow = TextId(entry.lease_issued().workflow());
      break;
    case Entry::kLeaseRenewed:
      AddLease(state, LeaseNumber(entry.lease_renewed().number()), facts);
      break;
    case Entry::kLeaseReleased:
      AddLease(state, LeaseNumber(entry.lease_released().number()), facts);
      break;
    case Entry::kRefusalsSummarized:
      AddRefusals(state, entry.refusals_summarized(), facts);
      break;
    case Entry::kRevoked:
      AddSelector(state, entry.revoked().selector(), facts);
      break;
    case Entry::kHoldSet:
      AddSelector(state, entry.hold_set().selector(), facts);
      break;
    case Entry::kHoldCleared:
      AddSelector(state, entry.hold_cleared().selector(), facts);
      break;
    case Entry::kEntityPut:
      AddEntity(state, EntityUid(entry.entity_put().uid()), facts);
      break;
    case Entry::kEntityDeleted:
      AddEntity(state, EntityUid(entry.entity_deleted().uid()), facts);
      break;
    case Entry::kApprovalRequested:
      facts.agent = EntityUid(entry.approval_requested().agent());
      facts.secret = EntityUid(entry.approval_requested().secret());
      facts.workflow = TextId(entry.approval_requested().workflow());
      break;
    case Entry::kApprovalDecided:
      facts.agent = EntityUid(entry.approval_decided().agent());
      facts.secret = EntityUid(entry.approval_decided().secret());
      facts.workflow = TextId(entry.approval_decided().workflow());
      break;
    case Entry::kCredentialIssued:
      facts.agent = EntityUid(entry.credential_issued().agent());
      break;
    case Entry::kCredentialRevoked:
      if (const Credential* credential =
              state.credentials().Find(CredentialId(entry.credential_revoked().credential()))) {
        facts.agent = credential->agent;
      }
      break;
    case Entry::kVersionAdded:
      facts.secret = EntityUid(entry.version_added().secret());
      break;
    case Entry::kVersionState:
      facts.secret = EntityUid(entry.version_state().secret());
      break;
    default:
      break;  // about the log as a whole
  }
  return facts;
}

}  // namespace leasehold
