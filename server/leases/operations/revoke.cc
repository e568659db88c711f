#include "server/leases/operations/revoke.h"

#include <utility>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

using ledger::v1::Entry;

absl::StatusOr<Selector> ResolveSelector(const State& state, const SelectorNames& names) {
  switch (names.kind) {
    case Selector::Kind::kAll:
      return Selector::All();
    case Selector::Kind::kLease:
      if (names.epoch != state.epoch()) {
        return Error(Reason::kRestoredEpoch,
                     "the lease was issued before the store was restored and ended with it");
      }
      if (state.leases().Find(names.lease) == nullptr) {
        return Error(Reason::kNotFound, "there is no such lease");
      }
      return Selector::OfLease(names.lease);
    case Selector::Kind::kAgent:
    case Selector::Kind::kSecret: {
      bool agent = names.kind == Selector::Kind::kAgent;
      const Entity* entity =
          state.entities().FindByName(agent ? EntityKind::kAgent : EntityKind::kSecret, names.name);
      if (entity == nullptr) {
        return Error(Reason::kNotFound,
                     StrCat("there is no ", agent ? "agent" : "secret", " named ", names.name));
      }
      return agent ? Selector::OfAgent(entity->uid) : Selector::OfSecret(entity->uid);
    }
    case Selector::Kind::kWorkflow: {
      TextId workflow = state.texts().Find(ledger::v1::TEXT_KIND_WORKFLOW, names.name);
      if (workflow.empty()) {
        return Error(Reason::kNotFound,
                     StrCat("no lease was ever taken in a workflow named ", names.name));
      }
      return Selector::OfWorkflow(workflow);
    }
  }
  return Error(Reason::kInternal, "unknown selector");
}

absl::StatusOr<uint64_t> Revoke(Transaction& tx, const RevokeRequest& request) {
  const State& state = tx.state();
  if (const RequestIds::Made* made = state.requests().Find(request.request_hash, tx.now())) {
    if (!RequestIds::SameBody(*made, request.request_hash)) {
      return Error(Reason::kRequestIdReused,
                   "request_id was used for another request; use a new one");
    }
    return made->number;
  }
  ASSIGN_OR_RETURN(Selector selector, ResolveSelector(state, request.selector));
  Entry entry;
  ledger::v1::Revoked* revoked = entry.mutable_revoked();
  *revoked->mutable_control() = tx.MakeControl(request.principal, request.request_hash);
  selector.ToEntry(revoked->mutable_selector());
  revoked->set_through(selector.kind() == Selector::Kind::kLease ? selector.id()
                                                                 : state.leases().count());
  revoked->set_hold(selector.CanHold() && !request.leases_only);
  revoked->set_reason(tx.DefineText(ledger::v1::TEXT_KIND_REASON, request.reason).value());
  uint64_t number = state.revocations().size() + 1;
  revoked->set_number(number);
  tx.Append(std::move(entry));
  return number;
}

absl::StatusOr<LogIndex> Resume(Transaction& tx, const ResumeRequest& request) {
  ASSIGN_OR_RETURN(Selector selector, ResolveSelector(tx.state(), request.selector));
  if (!selector.CanHold() || tx.state().holds().Find(selector) == nullptr) {
    return Error(Reason::kNotFound,
                 "there is no such hold; `leasehold hold list` shows those there are");
  }
  Entry entry;
  ledger::v1::HoldCleared* cleared = entry.mutable_hold_cleared();
  *cleared->mutable_control() = tx.MakeControl(request.principal);
  selector.ToEntry(cleared->mutable_selector());
  cleared->set_reason(tx.DefineText(ledger::v1::TEXT_KIND_REASON, request.reason).value());
  return tx.Append(std::move(entry));
}

}  // namespace leasehold
