#include "server/policy/compiled_policies.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/compiled_policy.h"
#include "server/policy/compiled_rule.h"
#include "server/policy/http_methods.h"
#include "server/policy/message_checks.h"
#include "server/policy/policy_block.h"
#include "server/policy/policy_index.h"
#include "server/policy/policy_limits.h"

namespace leasehold {
namespace {

constexpr uint32_t kNobody = PolicyBlock::kNobody;
// What a rule without paths is recorded as.
constexpr std::string_view kEveryPath = "/**";

std::string_view RuleName(const RuleAttempt& attempt) {
  if (attempt.stage == Stage::kApproval) return "approval";
  return attempt.rule == nullptr ? std::string_view() : attempt.rule->name;
}

}  // namespace

struct CompiledPolicies::Rep {
  Rep(std::vector<CompiledPolicy> all, PolicyRevision number)
      : revision(number),
        policies(std::move(all)),
        has_limits(std::any_of(policies.begin(), policies.end(),
                               [](const CompiledPolicy& p) { return !p.limits.empty(); })),
        allows(policies, false),
        denies(policies, true) {}

  // The first policies of the set that deny, or kNobody.
  struct Denying {
    uint32_t enforced = kNobody;
    uint32_t observed = kNobody;
  };
  Denying FindDenying(const DecisionSubject& subject) const {
    Denying found;
    denies.ForEachCandidate(subject, [&](const PolicyBlock& block) {
      const bool observed = block.first().ObservedAt(subject.time);
      uint32_t& first = observed ? found.observed : found.enforced;
      if (block.first_place() < first && Covers(block.first(), subject)) {
        first = block.first_place();
      }
    });
    return found;
  }

  // The denial of the policy at `place`, where it is only observed.
  ObservedDenial DenialOf(uint32_t place, Reason reason, std::string_view rule) const {
    return {.reason = reason, .policy = policies[place].name, .rule = rule};
  }

  // A policy that would issue a lease, and what puts it before others.
  struct Terms {
    uint32_t place = kNobody;
    bool waits = false;  // for approvers
    bool Before(const Terms& other, const std::vector<CompiledPolicy>& all) const {
      if (other.place == kNobody) return place != kNobody;
      if (waits != other.waits) return other.waits;
      const absl::Duration ttl = all[place].ttl;
      const absl::Duration other_ttl = all[other.place].ttl;
      return ttl != other_ttl ? ttl > other_ttl : place < other.place;
    }
  };

  // What the policies that allow have to say about a lease.
  struct Allowing {
    uint32_t first = kNobody;  // of those that show the secret
    Terms enforced;            // of those with the delivery: the best, if all were enforced
    Terms observed;            // the same, if those in observe mode waited for nobody
  };
  Allowing FindAllowing(const DecisionSubject& subject, Delivery delivery) const {
    Allowing found;
    allows.ForEachCandidate(subject, [&](const PolicyBlock& block) {
      const CompiledPolicy& policy = block.first();
      if (!Covers(policy, subject)) return;
      found.first = std::min(found.first, block.first_place());
      const uint32_t place = block.LongestFor(delivery);
      if (place == kNobody) return;
      const bool lacks = policy.LacksApproval(subject);
      const Terms enforced{place, lacks};
      const Terms observed{place, lacks && !policy.ObservedAt(subject.time)};
      if (enforced.Before(found.enforced, policies)) found.enforced = enforced;
      if (observed.Before(found.observed, policies)) found.observed = observed;
    });
    return found;
  }

  // The attempt that decides a use and its policy: the first that allows, else the nearest.
  struct Outcome {
    uint32_t place = kNobody;
    RuleAttempt attempt;
    void Improve(const PlacedAttempt& other) {
      if (place == kNobody || other.attempt.stage > attempt.stage ||
          (other.attempt.stage == attempt.stage && other.place < place)) {
        place = other.place;
        attempt = other.attempt;
      }
    }
  };
  // What the policies that allow have to say about a use.
  struct Outcomes {
    Outcome all;
    Outcome observed;  // of those in observe mode
    LimitList limits;
  };
  void FindOutcomes(const UseFacts& facts, Outcomes* found) const {
    const DecisionSubject& subject = facts.query.subject;
    allows.ForEachCandidate(subject, [&](const PolicyBlock& block) {
      // Nothing after a policy that allows can change the answer, only what is counted.
      const bool decided =
          found->all.attempt.stage == Stage::kAllowed && block.first_place() >= found->all.place;
      if (decided && block.limits().empty()) return;
      if (!Covers(block.first(), subject)) return;
      AddLimits(block, &found->limits);
      if (decided) return;
      const PlacedAttempt attempt = block.Try(facts);
      found->all.Improve(attempt);
      if (block.first().ObservedAt(subject.time)) found->observed.Improve(attempt);
    });
    SortLimits(&found->limits);
  }

  static void AddLimits(const PolicyBlock& block, LimitList* limits) {
    for (const CompiledLimit* limit : block.limits()) limits->push_back(limit);
  }

  // Candidates come in no order, and some twice. Those of one policy lie side by side in memory.
  static void SortLimits(LimitList* limits) {
    if (limits->size() < 2) return;
    std::sort(limits->begin(), limits->end(), [](const CompiledLimit* a, const CompiledLimit* b) {
      return a->place != b->place ? a->place < b->place : std::less<>()(a, b);
    });
    limits->erase(std::unique(limits->begin(), limits->end()), limits->end());
  }

  // The limits of all that cover `subject`.
  void CollectLimits(const DecisionSubject& subject, LimitList* limits) const {
    allows.ForEachCandidate(subject, [&](const PolicyBlock& block) {
      if (!block.limits().empty() && Covers(block.first(), subject)) AddLimits(block, limits);
    });
    SortLimits(limits);
  }

  void TellDeny(uint32_t place, UseDecision* decision) const {
    decision->policy = policies[place].name;
    decision->rule = "deny";
    if (decision->visible) decision->hint = StrCat("policy ", decision->policy, " denies it");
  }

  void TellOutcome(const Outcome& outcome, const UseFacts& facts, UseDecision* decision) const {
    const CompiledPolicy& policy = policies[outcome.place];
    const RuleAttempt& attempt = outcome.attempt;
    decision->policy = policy.name;
    decision->rule = RuleName(attempt);
    if (attempt.stage != Stage::kAllowed) {
      decision->hint = RuleHint(policy.name, attempt, facts);
      return;
    }
    decision->reason = Reason::kNone;
    decision->action =
        StrCat(decision->action, " ", attempt.pattern.empty() ? kEveryPath : attempt.pattern);
  }

  PolicyRevision revision;
  std::vector<CompiledPolicy> policies;  // in the order of the set
  bool has_limits;
  PolicyIndex allows;
  PolicyIndex denies;
};

CompiledPolicies::CompiledPolicies(std::unique_ptr<const Rep> rep) : rep_(std::move(rep)) {}
CompiledPolicies::~CompiledPolicies() = default;
PolicyRevision CompiledPolicies::revision() const { return rep_->revision; }

absl::StatusOr<std::shared_ptr<const CompiledPolicies>> CompiledPolicies::Compile(
    const v1::PolicySet& set, PolicyRevision revision) {
  const auto count = static_cast<size_t>(set.policies_size());
  if (count > kPoliciesMax) {
    return Error(Reason::kInvalidArgument, StrCat("the set has ", count, " policies; at most ",
                                                  kPoliciesMax, " are allowed"));
  }
  if (!set.GetReflection()->GetUnknownFields(set).empty()) {
    return Error(Reason::kInvalidArgument,
                 "the set has a section that is not known to this version, so it is refused, not "
                 "ignored");
  }
  std::vector<CompiledPolicy> policies;
  policies.reserve(count);
  absl::flat_hash_set<std::string> names;
  SetBudget budget;
  for (int i = 0; i < set.policies_size(); ++i) {
    ASSIGN_OR_RETURN(CompiledPolicy policy, CompilePolicy(set.policies(i), i, &budget));
    if (!names.insert(policy.name).second) {
      return Error(Reason::kInvalidArgument,
                   StrCat("policy ", policy.name, ": name is used twice; names are distinct"));
    }
    if (budget.entries > kSetEntriesMax) {
      return Error(Reason::kInvalidArgument,
                   StrCat("policy ", policy.name, ": the lists up to here have more than ",
                          kSetEntriesMax, " entries, the most that one set may have"));
    }
    if (budget.expressions > kSetExpressionsMax) {
      return Error(Reason::kInvalidArgument,
                   StrCat("policy ", policy.name, ": the set has more than ", kSetExpressionsMax,
                          " matches expressions up to here, the most that one set may have"));
    }
    policies.push_back(std::move(policy));
  }
  return std::shared_ptr<const CompiledPolicies>(
      new CompiledPolicies(std::make_unique<const Rep>(std::move(policies), revision)));
}

std::shared_ptr<const CompiledPolicies> CompiledPolicies::Empty() {
  return std::shared_ptr<const CompiledPolicies>(new CompiledPolicies(
      std::make_unique<const Rep>(std::vector<CompiledPolicy>(), PolicyRevision(0))));
}

std::span<const CompiledPolicy> CompiledPolicies::policies() const { return rep_->policies; }

std::vector<std::string_view> CompiledPolicies::ObservedAt(absl::Time time) const {
  std::vector<std::string_view> names;
  for (const CompiledPolicy& policy : rep_->policies) {
    if (policy.ObservedAt(time)) names.push_back(policy.name);
  }
  return names;
}

LeaseDecision CompiledPolicies::DecideLease(const DecisionSubject& subject,
                                            Delivery delivery) const {
  const Rep::Allowing allowing = rep_->FindAllowing(subject, delivery);
  LeaseDecision decision;
  if (allowing.first == kNobody) {
    decision.reason = Reason::kNotFoundOrForbidden;
    return decision;
  }
  decision.visible = true;
  const Rep::Denying denying = rep_->FindDenying(subject);
  if (denying.enforced != kNobody) {
    decision.reason = Reason::kPolicyDenied;
    decision.policy = rep_->policies[denying.enforced].name;
    return decision;
  }
  if (allowing.enforced.place == kNobody) {
    decision.reason = Reason::kDeliveryNotAllowed;
    decision.policy = rep_->policies[allowing.first].name;
    return decision;
  }
  // Where all are enforced, both are the same.
  const bool spared = allowing.enforced.waits && !allowing.observed.waits;
  const Rep::Terms& terms = spared ? allowing.observed : allowing.enforced;
  const CompiledPolicy& policy = rep_->policies[terms.place];
  decision.allowed = true;
  decision.policy = policy.name;
  decision.ttl = policy.ttl;
  decision.max_ttl = policy.max_ttl;
  decision.max_active = policy.max_active;
  decision.binding = policy.binding;
  if (terms.waits) decision.approval = &*policy.approval;
  if (denying.observed != kNobody) {
    decision.not_enforced = rep_->DenialOf(denying.observed, Reason::kPolicyDenied, "deny");
  } else if (spared) {
    decision.not_enforced = rep_->DenialOf(terms.place, Reason::kApprovalRequired, "approval");
  }
  return decision;
}

UseDecision CompiledPolicies::DecideUse(const UseQuery& query) const {
  const UseFacts facts(query);
  Rep::Outcomes outcomes;
  rep_->FindOutcomes(facts, &outcomes);
  const std::string_view word = facts.tool_call ? kToolAction : RecordedMethod(query.method);
  UseDecision decision;
  decision.reason = Reason::kPolicyDenied;
  decision.visible = outcomes.all.place != kNobody;
  decision.action = word;
  const Rep::Denying denying = rep_->FindDenying(query.subject);
  if (denying.enforced != kNobody) {
    rep_->TellDeny(denying.enforced, &decision);
    return decision;
  }
  if (!decision.visible) return decision;
  const bool allowed = outcomes.all.attempt.stage == Stage::kAllowed;
  // Whether the policies in observe mode, taken to allow everything, allow it.
  const bool spared = !allowed && outcomes.observed.place != kNobody && facts.possible();
  if (denying.observed != kNobody && (allowed || spared)) {
    rep_->TellDeny(denying.observed, &decision);
  } else {
    rep_->TellOutcome(spared ? outcomes.observed : outcomes.all, facts, &decision);
  }
  decision.not_enforced = (allowed || spared) && decision.reason != Reason::kNone;
  decision.allowed = allowed || spared;
  if (decision.allowed) decision.limits = std::move(outcomes.limits);
  return decision;
}

UseDecision CompiledPolicies::DecideReveal(const DecisionSubject& subject) const {
  const Rep::Allowing allowing = rep_->FindAllowing(subject, Delivery::kRevealed);
  UseDecision decision;
  decision.reason = Reason::kPolicyDenied;
  decision.visible = allowing.first != kNobody;
  decision.action = "REVEAL";
  const Rep::Denying denying = rep_->FindDenying(subject);
  if (denying.enforced != kNobody) {
    rep_->TellDeny(denying.enforced, &decision);
    return decision;
  }
  if (!decision.visible) return decision;
  decision.rule = "lease";
  if (allowing.enforced.place == kNobody) {
    decision.policy = rep_->policies[allowing.first].name;
    decision.hint = StrCat("policy ", decision.policy, " allows brokered delivery only");
    return decision;
  }
  decision.allowed = true;
  rep_->CollectLimits(subject, &decision.limits);
  if (denying.observed != kNobody) {
    rep_->TellDeny(denying.observed, &decision);
    decision.not_enforced = true;
    return decision;
  }
  decision.reason = Reason::kNone;
  decision.policy = rep_->policies[allowing.enforced.place].name;
  return decision;
}

bool CompiledPolicies::HasLimits() const { return rep_->has_limits; }

LimitList CompiledPolicies::LimitsOf(const DecisionSubject& subject) const {
  LimitList limits;
  rep_->CollectLimits(subject, &limits);
  return limits;
}

DenyDecision CompiledPolicies::DecideDeny(const DecisionSubject& subject) const {
  const Rep::Denying denying = rep_->FindDenying(subject);
  DenyDecision decision;
  if (denying.enforced != kNobody) {
    decision.denied = true;
    decision.policy = rep_->policies[denying.enforced].name;
  } else if (denying.observed != kNobody) {
    decision.not_enforced = rep_->DenialOf(denying.observed, Reason::kPolicyDenied, "deny");
  }
  return decision;
}

}  // namespace leasehold
