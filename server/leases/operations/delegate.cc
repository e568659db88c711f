#include "server/leases/operations/delegate.h"

#include <algorithm>
#include <utility>

#include "leasehold/ledger/v1/snapshot.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/leases/operations/chain_policy.h"
#include "server/leases/operations/credentials.h"
#include "server/leases/operations/duration_words.h"
#include "server/leases/operations/refusals.h"
#include "server/leases/operations/standing.h"
#include "server/leases/state/lease_chain.h"
#include "server/leases/state/lease_subject.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

absl::Status Forbidden(std::string_view why) {
  return Error(Reason::kDelegationForbidden, why, {.scope = ErrorDetail::Scope::kLease});
}

// Everything about a lease that is to be issued from another.
struct Terms {
  const Entity* agent = nullptr;
  std::string policy;
  UnixMillis expire;
  UnixMillis max_expire;
  LeaseNarrowing narrowing;
};

// Whether leases like this one are delegated at all.
absl::Status CheckKind(const LeaseChain& chain) {
  const Lease& lease = *chain.front();
  if (lease.delivery != Delivery::kBrokered) {
    return Forbidden(
        "the lease reveals its value, and what an agent holds cannot be narrowed for another: "
        "delegate a brokered lease");
  }
  if (lease.terms->binding != Binding::kIdentity) {
    return Forbidden(
        "the lease is bound to a certificate or OS user, which the other agent does not have: let "
        "it take a lease of its own");
  }
  if (lease.terms->approval != 0) {
    return Forbidden(
        "the lease was approved for its agent alone: let the other agent ask for approval itself");
  }
  if (chain.size() > kDelegationDepthMax) {
    return Forbidden(StrCat("the lease was handed on ", kDelegationDepthMax,
                            " times already, which is as often as a right can be"));
  }
  return absl::OkStatus();
}

// The agent that receives the lease.
absl::StatusOr<const Entity*> FindRecipient(const State& state, const LeaseChain& chain,
                                            const Name& name, UnixMillis now) {
  const Entity* agent = state.entities().FindByName(EntityKind::kAgent, name.value());
  if (agent == nullptr) {
    return Error(Reason::kNotFound, StrCat("there is no agent named ", name.value()));
  }
  if (state.CheckAgent(agent->uid, now) != Reason::kNone) {
    return Forbidden(StrCat("the time of agent ", name.value(), " is over"));
  }
  if (agent->uid == chain.front()->agent) {
    return Forbidden("an agent cannot delegate to itself: it has the lease already");
  }
  for (const Lease* above : chain) {
    if (above->agent == agent->uid) {
      return Forbidden(StrCat("the lease comes from agent ", name.value(),
                              ", and handing it back would make a circle"));
    }
  }
  return agent;
}

// What the lease may do less than its parent, as far as targets and reads go.
absl::StatusOr<LeaseNarrowing> Narrow(const State& state, const Lease& parent,
                                      const DelegateRequest& request) {
  LeaseNarrowing narrowing = parent.terms->narrowing.value_or(LeaseNarrowing{});
  narrowing.reads_only = narrowing.reads_only || request.reads_only;
  if (request.targets.empty()) return narrowing;
  if (request.targets.size() > kDelegatedTargetsMax) {
    return Error(Reason::kInvalidArgument,
                 StrCat("targets has at most ", kDelegatedTargetsMax, " items"));
  }
  std::vector<EntityUid> targets;
  for (const std::string& name : request.targets) {
    const Entity* target = state.entities().FindByName(EntityKind::kTarget, name);
    if (target == nullptr) {
      return Error(Reason::kTargetUnknown, StrCat("there is no target named ", name));
    }
    if (!narrowing.Allows(target->uid)) {
      return Forbidden(StrCat("the lease may not be used at target ", name,
                              ", so neither may one that comes from it"));
    }
    targets.push_back(target->uid);
  }
  std::sort(targets.begin(), targets.end());
  targets.erase(std::unique(targets.begin(), targets.end()), targets.end());
  narrowing.targets = std::move(targets);
  return narrowing;
}

// A lease may ask for fewer uses than those above, and for as many.
absl::Status CheckUseLimit(const LeaseChain& chain, uint64_t asked) {
  for (const Lease* above : chain) {
    const uint64_t limit = above->terms->use_limit;
    if (limit != 0 && asked > limit) {
      return Forbidden(StrCat("the lease allows ", limit, " uses, and use_limit asks for ", asked));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<UnixMillis> ChooseEnd(const Lease& parent, std::optional<absl::Duration> asked,
                                     const LeaseDecision& decision, UnixMillis now) {
  if (!asked.has_value()) return std::min(parent.expire_time, now + decision.ttl);
  if (*asked > parent.expire_time - now) {
    return Forbidden(
        StrCat("the lease ends at ", TimeWords(parent.expire_time), ", and ttl goes beyond that"));
  }
  if (*asked > decision.ttl) {
    return Error(Reason::kInvalidArgument,
                 StrCat("ttl is longer than policy ", decision.policy, " allows, which is ",
                        DurationWords(decision.ttl)));
  }
  return now + *asked;
}

absl::Status PolicyDenied(std::string_view policy) {
  return Error(Reason::kPolicyDenied, "policy forbids this delegation; do not retry, ask an owner",
               {.metadata = {{"policy", std::string(policy)}}});
}

// What policy and holds say, of the chain and of the agent that would come below it.
absl::StatusOr<LeaseDecision> JudgeRight(const State& state, const LeaseChain& chain,
                                         const Principal& recipient, UnixMillis now) {
  const Lease& lease = *chain.front();
  if (const Hold* hold = HoldOver(state, chain)) return HeldError(*hold);
  if (const Hold* hold = state.holds().Blocking(
          {.agent = recipient.agent,
           .secret = lease.secret,
           .workflow = lease.workflow,
           .user = lease.terms->user,
           .groups = state.entities().MembershipsOf(recipient.agent).uids})) {
    return HeldError(*hold);
  }
  const LeaseDecision decision = DecideKeeping(state, chain, now);
  if (!decision.allowed) return PolicyDenied(decision.policy);
  if (decision.approval != nullptr || decision.binding != Binding::kIdentity) {
    return Forbidden(StrCat("policy ", decision.policy,
                            " asks for approval or binds leases to a proof, which cannot be "
                            "handed on"));
  }
  const LeaseSubject subject(state, now, recipient, state.texts().Get(lease.workflow),
                             state.entities().Find(lease.secret)->name);
  const DenyDecision deny = state.policies().current().DecideDeny(subject.get());
  if (deny.denied) return PolicyDenied(deny.policy);
  return decision;
}

// The agent that receives a lease, as if it were there.
Principal RecipientOf(const State& state, EntityUid agent, const Lease& parent) {
  Principal recipient;
  recipient.agent = agent;
  recipient.user = std::string(state.texts().Get(parent.terms->user));
  return recipient;
}

absl::StatusOr<Terms> JudgeDelegation(const State& state, UnixMillis now, const Lease& parent,
                                      const DelegateRequest& request) {
  if (Usability usable = state.CheckLease(parent, now); !usable.ok()) {
    return LeaseError(parent, usable);
  }
  const LeaseChain chain = ChainOf(state.leases(), parent);
  RETURN_IF_ERROR(CheckKind(chain));
  Terms terms;
  ASSIGN_OR_RETURN(terms.agent, FindRecipient(state, chain, request.agent, now));
  ASSIGN_OR_RETURN(const LeaseDecision decision,
                   JudgeRight(state, chain, RecipientOf(state, terms.agent->uid, parent), now));
  terms.policy = std::string(decision.policy);
  RETURN_IF_ERROR(CheckUseLimit(chain, request.use_limit));
  ASSIGN_OR_RETURN(terms.narrowing, Narrow(state, parent, request));
  ASSIGN_OR_RETURN(terms.expire, ChooseEnd(parent, request.ttl, decision, now));
  terms.max_expire =
      std::min(parent.max_expire_time, now + std::max(decision.ttl, decision.max_ttl));
  return terms;
}

std::string NarrowingBody(const LeaseNarrowing& narrowing) {
  ledger::v1::Narrowing body;
  for (EntityUid target : narrowing.targets) body.add_targets(target.value());
  body.set_reads_only(narrowing.reads_only);
  return body.SerializeAsString();
}

AcquireResult Issue(Transaction& tx, const Lease& parent, const DelegateRequest& request,
                    const Terms& terms) {
  const State& state = tx.state();
  TextId policy = tx.DefineText(ledger::v1::TEXT_KIND_POLICY, terms.policy);
  Entry entry;
  ledger::v1::LeaseIssued* issued = entry.mutable_lease_issued();
  issued->set_number(state.leases().next().value());
  issued->set_parent(parent.number.value());
  issued->set_agent(terms.agent->uid.value());
  issued->set_user(parent.terms->user.value());
  issued->set_secret(parent.secret.value());
  issued->set_version(parent.version.value());
  issued->set_follows_latest(parent.follows_latest);
  issued->set_workflow(parent.workflow.value());
  issued->set_run(parent.run.value());
  issued->set_policy(policy.value());
  issued->set_revision(state.policies().revision().value());
  issued->set_delivery(static_cast<ledger::v1::Delivery>(parent.delivery));
  issued->set_binding(ledger::v1::BINDING_IDENTITY);
  issued->set_expire_time_ms(tx.EpochMillis(terms.expire));
  issued->set_max_expire_time_ms(tx.EpochMillis(terms.max_expire));
  issued->set_use_limit(request.use_limit);
  if (terms.narrowing != LeaseNarrowing{}) {
    issued->set_narrowing_hash(std::string(AsText(tx.AddBody(NarrowingBody(terms.narrowing)))));
  }
  // The agent that delegates is the one that called. Its credential is the parent's to answer for:
  // the lease ends with the parent.
  issued->set_method(static_cast<ledger::v1::AuthMethod>(request.principal.method));
  issued->set_address(
      tx.DefineOptionalText(ledger::v1::TEXT_KIND_ADDRESS, request.principal.address).value());
  for (EntityUid group :
       GroupsAtIssueFor(state, RecipientOf(state, terms.agent->uid, parent)).all) {
    issued->add_groups(group.value());
  }
  issued->set_request_hash(request.request_hash);
  AcquireResult result{LeaseNumber(issued->number()), state.epoch()};
  tx.Append(std::move(entry));
  return result;
}

}  // namespace

absl::StatusOr<AcquireResult> Delegate(Transaction& tx, RefusalLimiter& limiter,
                                       const DelegateRequest& request) {
  const State& state = tx.state();
  RETURN_IF_ERROR(CheckCaller(state, request.principal, tx.now()));
  if (request.epoch != state.epoch()) {
    return Error(Reason::kRestoredEpoch,
                 "the lease was issued before the store was restored; take a new one");
  }
  const Lease* parent = state.leases().Find(request.lease);
  if (parent == nullptr || parent->agent != request.principal.agent) {
    return Error(Reason::kLeaseNotBound, "the lease belongs to another agent");
  }
  ASSIGN_OR_RETURN(const RequestIds::Made* made,
                   state.requests().FindRepeated(request.request_hash, tx.now()));
  if (made != nullptr) {
    LeaseNumber number(made->number);
    return AcquireResult{number, state.EpochOf(*state.leases().Find(number))};
  }
  absl::StatusOr<Terms> terms = JudgeDelegation(state, tx.now(), *parent, request);
  if (terms.ok()) {
    return Issue(tx, *parent, request, *terms);
  }
  RecordRefusal(tx, limiter,
                {.kind = RefusalKind::kAcquire,
                 .reason = ReasonOf(terms.status()),
                 .agent = parent->agent,
                 .secret = parent->secret,
                 .workflow = parent->workflow},
                parent->number);
  return terms.status();
}

}  // namespace leasehold
