#include "server/replay/replay_judge.h"

#include <algorithm>
#include <string>
#include <vector>

namespace leasehold {
namespace {

using Verdict = ReplayOutcome::Verdict;

// Answers that are kept: some tens of megabytes.
constexpr size_t kAnswersMax = 200'000;

constexpr ReplayOutcome kOpen{.verdict = Verdict::kOpen};

ReplayOutcome OutcomeOf(const UseDecision& decision) {
  return {.verdict = decision.allowed ? Verdict::kAllowed : Verdict::kDenied,
          .reason = decision.allowed ? Reason::kNone : decision.reason,
          .policy = decision.policy,
          .rule = decision.rule,
          .not_enforced = decision.not_enforced};
}

}  // namespace

// Whom a decision is about, with the names that it needs.
class ReplayJudge::Subject {
 public:
  Subject(ReplayJudge& judge, const ReplayedLease& lease, const ReplayedHolder& holder,
          absl::Time time) {
    const EntityTable& entities = judge.scan_.entities();
    const Memberships& now = entities.MembershipsOf(holder.agent);
    groups_ = now.names;
    for (const EntityUid uid : holder.claimed_groups) {
      const Entity* group = entities.Find(uid);
      if (group == nullptr || group->deleted) continue;
      if (!std::binary_search(now.uids.begin(), now.uids.end(), uid)) {
        groups_.push_back(group->name);
      }
    }
    subject_ = {.agent = NameOf(entities, holder.agent),
                .groups = groups_,
                .workflow = judge.texts_.Get(holder.workflow),
                .secret = NameOf(entities, lease.secret),
                .user = judge.texts_.Get(holder.user),
                .user_groups = entities.MembershipsOfUser(holder.user).names,
                .time = time};
    if (!lease.approved_policy.empty()) {
      subject_.approved_policy = judge.texts_.Get(lease.approved_policy);
    }
  }
  Subject(const Subject&) = delete;
  Subject& operator=(const Subject&) = delete;

  const DecisionSubject& get() const { return subject_; }

 private:
  static std::string_view NameOf(const EntityTable& entities, EntityUid uid) {
    const Entity* entity = entities.Find(uid);
    return entity == nullptr ? std::string_view() : entity->name;
  }

  std::vector<std::string_view> groups_;
  DecisionSubject subject_;
};

void ReplayJudge::FindTimes() {
  for (const CompiledPolicy& policy : policies_.policies()) {
    has_windows_ = has_windows_ || !policy.when.empty();
    if (policy.observe_until != absl::InfinitePast()) ends_.push_back(policy.observe_until);
  }
  std::sort(ends_.begin(), ends_.end());
}

void ReplayJudge::Refresh(absl::Time time) {
  // Windows begin and end at whole minutes, in every zone of today.
  const int64_t minute = has_windows_ ? absl::ToUnixSeconds(time) / 60 : 0;
  const auto ended =
      static_cast<size_t>(std::upper_bound(ends_.begin(), ends_.end(), time) - ends_.begin());
  const bool same =
      groups_version_ == scan_.groups_version() && minute_ == minute && ended_ == ended;
  if (same && answers_.size() < kAnswersMax) return;
  groups_version_ = scan_.groups_version();
  minute_ = minute;
  ended_ = ended;
  answers_.clear();
  leases_.clear();
  if (actions_.size() > kAnswersMax) actions_.clear();
  texts_.Trim();
}

ReplayOutcome ReplayJudge::Use(const ReplayedEntry& entry) {
  const ledger::v1::Use& use = entry.entry.use();
  Refresh(entry.time);
  return Remembered(entry,
                    {.kind = use.target() == 0 ? Kind::kReveal : Kind::kUse,
                     .write = use.write(),
                     .allowed = use.verdict() == ledger::v1::VERDICT_ALLOWED || use.not_enforced(),
                     .target = EntityUid(use.target()),
                     .action = TextId(use.action())});
}

ReplayOutcome ReplayJudge::LeaseIssued(const ReplayedEntry& entry) {
  Refresh(entry.time);
  return Remembered(entry, {.kind = Kind::kAcquire, .allowed = true});
}

void ReplayJudge::VisitAllowing(const ReplayedEntry& use,
                                const std::function<void(const CompiledPolicy&)>& visit) {
  const Subject root(*this, *use.lease, use.lease->chain.back(), use.time);
  if (policies_.DecideDeny(root.get()).denied || DenyBelowRoot(use).denied) return;
  for (const CompiledPolicy& policy : policies_.policies()) {
    if (policy.deny || policy.LacksApproval(root.get()) || !Covers(policy, root.get())) continue;
    visit(policy);
  }
}

ReplayOutcome ReplayJudge::Remembered(const ReplayedEntry& entry, Question question) {
  question.lease =
      leases_.try_emplace(*entry.lease, static_cast<uint32_t>(leases_.size())).first->second;
  const auto known = answers_.find(question);
  if (known != answers_.end()) return known->second;
  const ReplayOutcome outcome = Decide(entry, question);
  answers_.emplace(question, outcome);
  return outcome;
}

ReplayOutcome ReplayJudge::Decide(const ReplayedEntry& entry, const Question& question) {
  switch (question.kind) {
    case Kind::kUse:
      return DecideUse(entry, question);
    case Kind::kReveal: {
      const Subject root(*this, *entry.lease, entry.lease->chain.back(), entry.time);
      return OutcomeOf(policies_.DecideReveal(root.get()));
    }
    case Kind::kAcquire:
      return DecideAcquire(entry);
  }
  return kOpen;
}

DenyDecision ReplayJudge::DenyBelowRoot(const ReplayedEntry& entry) {
  const auto& chain = entry.lease->chain;
  for (size_t i = 0; i + 1 < chain.size(); ++i) {
    const Subject subject(*this, *entry.lease, chain[i], entry.time);
    const DenyDecision deny = policies_.DecideDeny(subject.get());
    if (deny.denied) return deny;
  }
  return {};
}

UseDecision ReplayJudge::AskUse(const ReplayedEntry& entry, UseQuery query) {
  const Subject root(*this, *entry.lease, entry.lease->chain.back(), entry.time);
  query.subject = root.get();
  UseDecision decision = policies_.DecideUse(query);
  if (!decision.allowed) return decision;
  if (const DenyDecision deny = DenyBelowRoot(entry); deny.denied) {
    decision.allowed = false;
    decision.reason = Reason::kPolicyDenied;
    decision.policy = deny.policy;
  }
  return decision;
}

ReplayOutcome ReplayJudge::DecideUse(const ReplayedEntry& entry, const Question& question) {
  const auto [it, added] = actions_.try_emplace(question.action);
  if (added) it->second = ParseRecordedAction(texts_.Get(question.action));
  const RecordedAction& action = it->second;
  const Entity* target = scan_.entities().Find(question.target);
  if (target == nullptr) return kOpen;
  UseQuery query{
      .subject = {}, .target = target->name, .method = action.method, .is_read = !question.write};
  switch (action.kind) {
    case RecordedAction::Kind::kNothing:
    case RecordedAction::Kind::kTool:
      return kOpen;
    case RecordedAction::Kind::kPath:
      query.path = action.path;
      return OutcomeOf(AskUse(entry, query));
    case RecordedAction::Kind::kPattern:
    case RecordedAction::Kind::kMethod:
      break;
  }
  RecordedPath recorded{.pattern = &*action.pattern, .canonical = question.allowed};
  query.recorded = &recorded;
  const UseDecision narrowest = AskUse(entry, query);
  if (narrowest.allowed) return OutcomeOf(narrowest);
  recorded.widest = true;
  return AskUse(entry, query).allowed ? kOpen : OutcomeOf(narrowest);
}

ReplayOutcome ReplayJudge::DecideAcquire(const ReplayedEntry& entry) {
  const Subject root(*this, *entry.lease, entry.lease->chain.back(), entry.time);
  const LeaseDecision decision = policies_.DecideLease(root.get(), entry.lease->delivery);
  ReplayOutcome outcome{
      .verdict = Verdict::kDenied, .reason = decision.reason, .policy = decision.policy};
  if (!decision.allowed) return outcome;
  if (decision.approval != nullptr) {
    // The policy that they agreed to would be tried first; this one asks anew.
    outcome.reason = Reason::kApprovalRequired;
    return outcome;
  }
  if (const DenyDecision deny = DenyBelowRoot(entry); deny.denied) {
    outcome.reason = Reason::kPolicyDenied;
    outcome.policy = deny.policy;
    return outcome;
  }
  outcome.verdict = Verdict::kAllowed;
  outcome.reason = Reason::kNone;
  return outcome;
}

}  // namespace leasehold
