#include "server/ledger/verify/policy_rules.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "server/base/str_cat.h"
#include "server/policy/compiled_policies.h"
#include "server/policy/compiled_target.h"

namespace leasehold {
namespace {

using ledger::v1::Entry;

// When the entry was written, as its decision knew it.
absl::Time TimeOf(const Entry& entry, const State& state) {
  return absl::FromUnixMillis(state.epoch_start().value() + static_cast<int64_t>(entry.time_ms()));
}

// What a lease was issued for, whether it is there yet or not.
struct Issue {
  EntityUid agent;
  EntityUid secret;
  TextId workflow;
  TextId user;
  std::vector<EntityUid> claimed_groups;
  TextId approved_policy;  // empty = it needed no approval
};

Issue IssueOf(const ledger::v1::LeaseIssued& issued) {
  return {.agent = EntityUid(issued.agent()),
          .secret = EntityUid(issued.secret()),
          .workflow = TextId(issued.workflow()),
          .user = TextId(issued.user()),
          .claimed_groups = {issued.claimed_groups().begin(), issued.claimed_groups().end()},
          .approved_policy = issued.approval() == 0 ? TextId() : TextId(issued.policy())};
}

Issue IssueOf(const Lease& lease) {
  return {.agent = lease.agent,
          .secret = lease.secret,
          .workflow = lease.workflow,
          .user = lease.terms->user,
          .claimed_groups = lease.terms->claimed_groups,
          .approved_policy = lease.terms->approval == 0 ? TextId() : lease.policy};
}

// Who a decision is about; none where a name was erased and nobody can decide any more.
class Subject {
 public:
  Subject(const State& state, const Issue& issue, absl::Time time) {
    const Entity* agent = state.entities().Find(issue.agent);
    const Entity* secret = state.entities().Find(issue.secret);
    const std::string_view workflow = state.texts().Get(issue.workflow);
    if (agent == nullptr || secret == nullptr || agent->name.empty() || secret->name.empty() ||
        workflow.empty() || (!issue.user.empty() && state.texts().Get(issue.user).empty())) {
      return;
    }
    groups_ = state.entities().GroupsOf(issue.agent);
    for (EntityUid claimed : issue.claimed_groups) {
      const Entity* group = state.entities().Find(claimed);
      if (group != nullptr && !group->deleted) groups_.push_back(group->name);
    }
    known_ = DecisionSubject{.agent = agent->name,
                             .groups = groups_,
                             .workflow = workflow,
                             .secret = secret->name,
                             .user = state.texts().Get(issue.user),
                             .user_groups = state.entities().MembershipsOfUser(issue.user).names,
                             .time = time,
                             .approved_policy = state.texts().Get(issue.approved_policy)};
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  bool has_value() const { return known_.has_value(); }
  const DecisionSubject& operator*() const { return *known_; }
  const DecisionSubject* operator->() const { return &*known_; }

 private:
  std::vector<std::string_view> groups_;
  std::optional<DecisionSubject> known_;
};

// The lease of the chain that an agent took itself: its policies decide about all that came from
// it.
const Lease& RootOf(const State& state, const Lease& lease) {
  const Lease* root = &lease;
  while (const Lease* above = state.leases().Find(root->terms->parent)) root = above;
  return *root;
}

// Whether a policy denies the agent of `lease` or one above it.
bool DeniesSomebody(const State& state, const Lease& lease, absl::Time time) {
  for (const Lease* each = &lease; each != nullptr;
       each = state.leases().Find(each->terms->parent)) {
    const Subject subject(state, IssueOf(*each), time);
    if (subject.has_value() && state.policies().current().DecideDeny(*subject).denied) return true;
  }
  return false;
}

Objection Denied(std::string_view what) {
  return {.what = StrCat(what, " a delegated lease, though a policy denies an agent of its chain")};
}

Objection Erased() {
  return {.what = "rests on names that were erased or are not there", .undecidable = true};
}

Objection CheckLeaseTime(const LeaseDecision& decision, uint64_t time_ms, uint64_t expire_ms,
                         std::string_view verb) {
  if (!decision.allowed) {
    return {.what = StrCat(verb, " a lease that no policy in force allowed")};
  }
  if (decision.approval != nullptr) {
    return {.what = StrCat(verb, " a lease though policy ", decision.policy,
                           " asks for approvers, who have not agreed to it")};
  }
  const absl::Duration ttl =
      absl::Milliseconds(static_cast<int64_t>(expire_ms) - static_cast<int64_t>(time_ms));
  if (ttl > decision.ttl) {
    return {.what = StrCat(verb, " a lease for longer than policy ", decision.policy, " allows")};
  }
  return {};
}

// What a lease says that a policy in observe mode would have refused. Ledgers of earlier versions
// do not say it, and a delegation is judged by what its parent was given.
Objection CheckObserved(const ledger::v1::LeaseIssued& issued, const LeaseDecision& decision,
                        const State& state) {
  if (issued.not_enforced_reason() == 0) return {};
  const ObservedDenial& denial = decision.not_enforced;
  if (issued.not_enforced_reason() != static_cast<uint32_t>(denial.reason) ||
      state.texts().Get(TextId(issued.not_enforced_policy())) != denial.policy) {
    return {.what = "names a policy in observe mode that would not have refused the lease"};
  }
  return {};
}

Objection CheckIssued(const Entry& entry, const State& state) {
  const ledger::v1::LeaseIssued& issued = entry.lease_issued();
  const absl::Time time = TimeOf(entry, state);
  const Lease* parent = state.leases().Find(LeaseNumber(issued.parent()));
  const Subject own(state, IssueOf(issued), time);
  const Subject subject(
      state, parent == nullptr ? IssueOf(issued) : IssueOf(RootOf(state, *parent)), time);
  if (!subject.has_value() || !own.has_value()) return Erased();
  if (parent != nullptr && (DeniesSomebody(state, *parent, time) ||
                            state.policies().current().DecideDeny(*own).denied)) {
    return Denied("issues");
  }
  const LeaseDecision decision =
      state.policies().current().DecideLease(*subject, static_cast<Delivery>(issued.delivery()));
  Objection objection =
      CheckLeaseTime(decision, entry.time_ms(), issued.expire_time_ms(), "issues");
  if (!objection.ok()) return objection;
  const absl::Duration life = absl::Milliseconds(static_cast<int64_t>(issued.max_expire_time_ms()) -
                                                 static_cast<int64_t>(entry.time_ms()));
  if (life > std::max(decision.ttl, decision.max_ttl)) {
    return {.what = StrCat("lets a lease be renewed for longer than policy ", decision.policy,
                           " allows")};
  }
  if (state.texts().Get(TextId(issued.policy())) != decision.policy) {
    return {.what = StrCat("names another policy than ", decision.policy, ", which decided")};
  }
  return CheckObserved(issued, decision, state);
}

Objection CheckRenewed(const Entry& entry, const State& state) {
  const Lease* lease = state.leases().Find(LeaseNumber(entry.lease_renewed().number()));
  if (lease == nullptr) return {};  // State says so
  const absl::Time time = TimeOf(entry, state);
  const Subject subject(state, IssueOf(RootOf(state, *lease)), time);
  if (!subject.has_value()) return Erased();
  if (!lease->terms->parent.empty() && DeniesSomebody(state, *lease, time)) return Denied("renews");
  return CheckLeaseTime(state.policies().current().DecideLease(*subject, lease->delivery),
                        entry.time_ms(), entry.lease_renewed().expire_time_ms(), "renews");
}

Objection CheckUse(const Entry& entry, const State& state) {
  const ledger::v1::Use& use = entry.use();
  const Lease* lease = state.leases().Find(LeaseNumber(use.lease()));
  if (use.not_enforced() && state.policies().current().ObservedAt(TimeOf(entry, state)).empty()) {
    return {.what = "was denied and not enforced, though no policy was in observe mode"};
  }
  // What was denied and not enforced went on, so all but the denial must be right.
  const bool went_on = use.verdict() == ledger::v1::VERDICT_ALLOWED || use.not_enforced();
  if (lease == nullptr || !went_on) return {};
  if (state.texts().KindOf(TextId(use.policy())) != ledger::v1::TEXT_KIND_POLICY) {
    return {.what = "allows a use and names no policy"};
  }
  const absl::Time time = TimeOf(entry, state);
  const Subject subject(state, IssueOf(RootOf(state, *lease)), time);
  if (!subject.has_value()) return Erased();
  if (!lease->terms->parent.empty() && DeniesSomebody(state, *lease, time)) {
    return Denied("allows a use of");
  }
  if (use.revealed()) {
    return state.policies().current().DecideReveal(*subject).allowed
               ? Objection{}
               : Objection{.what = "reveals a value that no policy in force let be revealed"};
  }
  const Entity* target = state.entities().Find(EntityUid(use.target()));
  if (target == nullptr || target->target == nullptr) return {};  // LeaseRules says so
  if (!target->target->MayInject(subject->secret)) {
    return {.what = StrCat("allows a use at target ", target->name, ", which may not inject ",
                           subject->secret)};
  }
  return {};
}

}  // namespace

Objection CheckPolicy(const Entry& entry, const State& before) {
  switch (entry.kind_case()) {
    case Entry::kLeaseIssued:
      return CheckIssued(entry, before);
    case Entry::kLeaseRenewed:
      return CheckRenewed(entry, before);
    case Entry::kUse:
      return CheckUse(entry, before);
    default:
      return {};
  }
}

}  // namespace leasehold
