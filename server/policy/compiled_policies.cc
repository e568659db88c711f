#include "server/policy/compiled_policies.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/compiled_policy.h"
#include "server/policy/http_methods.h"
#include "server/policy/message_checks.h"
#include "server/policy/policy_index.h"
#include "server/policy/policy_limits.h"

namespace leasehold {
namespace {

constexpr uint32_t kNobody = std::numeric_limits<uint32_t>::max();

// How far a use gets through the conditions of a rule, in the order in which they are tried.
enum class Stage { kNoRule, kTarget, kPath, kMethod, kAccess, kAllowed };

// What is asked of a rule, looked at once and not once a rule.
struct UseFacts {
  explicit UseFacts(const UseQuery& q)
      : query(q),
        canonical_path(IsCanonicalPath(q.path)),
        usable_method(IsUsableMethod(q.method)) {}
  const UseQuery& query;
  bool canonical_path;
  bool usable_method;
};

// A rule and the path pattern that matched; nullptr where the rule names no paths.
struct Attempt {
  Stage stage = Stage::kNoRule;
  const CompiledRule* rule = nullptr;
  const PathPattern* path = nullptr;
};

bool NamesMethod(const CompiledRule& rule, std::string_view method) {
  return rule.methods.empty() ||
         std::find(rule.methods.begin(), rule.methods.end(), method) != rule.methods.end();
}

Attempt TryRule(const CompiledRule& rule, const UseFacts& facts) {
  const UseQuery& query = facts.query;
  if (rule.target != query.target) return {Stage::kTarget, &rule, nullptr};
  if (!facts.canonical_path) return {Stage::kPath, &rule, nullptr};
  const PathPattern* path = nullptr;
  if (!rule.paths.empty()) {
    const auto found =
        std::find_if(rule.paths.begin(), rule.paths.end(),
                     [&](const PathPattern& pattern) { return pattern.Matches(query.path); });
    if (found == rule.paths.end()) return {Stage::kPath, &rule, nullptr};
    path = &*found;
  }
  if (!facts.usable_method || !NamesMethod(rule, query.method))
    return {Stage::kMethod, &rule, path};
  if (rule.reads_only && !query.is_read) return {Stage::kAccess, &rule, path};
  return {Stage::kAllowed, &rule, path};
}

// The first rule that allows, else the first of those that came nearest.
Attempt TryPolicy(const CompiledPolicy& policy, const UseFacts& facts) {
  Attempt best;
  for (const CompiledRule& rule : policy.allow) {
    const Attempt attempt = TryRule(rule, facts);
    if (attempt.stage > best.stage) best = attempt;
    if (best.stage == Stage::kAllowed) break;
  }
  return best;
}

std::string MethodHint(const CompiledPolicy& policy, const CompiledRule& rule) {
  if (rule.methods.empty()) return StrCat("policy ", policy.name, " does not allow this method");
  std::string hint = StrCat("policy ", policy.name, " allows ");
  for (size_t i = 0; i < rule.methods.size(); ++i) {
    if (i > 0) hint += i + 1 == rule.methods.size() ? " and " : ", ";
    hint += rule.methods[i];
  }
  return hint + " only";
}

std::string HintOf(const CompiledPolicy& policy, const Attempt& attempt, const UseFacts& facts) {
  const std::string who = StrCat("policy ", policy.name);
  switch (attempt.stage) {
    case Stage::kNoRule:
      return StrCat(who, " allows no use");
    case Stage::kTarget:
      return StrCat(who, " does not allow this target");
    case Stage::kPath:
      if (!facts.canonical_path) return StrCat("the path ", PathOffence(facts.query.path));
      return StrCat(who, " does not allow this path");
    case Stage::kMethod:
      return MethodHint(policy, *attempt.rule);
    case Stage::kAccess:
      return StrCat(who, " allows reads only");
    case Stage::kAllowed:
      break;
  }
  return {};
}

}  // namespace

struct CompiledPolicies::Rep {
  Rep(std::vector<CompiledPolicy> all, PolicyRevision number)
      : revision(number),
        policies(std::move(all)),
        allows(policies, false),
        denies(policies, true) {}

  // The first policy of the set that denies, or kNobody.
  uint32_t FirstDeny(const DecisionSubject& subject) const {
    uint32_t first = kNobody;
    denies.ForEachCandidate(subject, [&](uint32_t place) {
      if (place < first && Covers(policies[place], subject)) first = place;
    });
    return first;
  }

  // What the policies that allow have to say about a lease.
  struct Allowing {
    uint32_t first = kNobody;  // of those that show the secret
    uint32_t best = kNobody;   // of those with the delivery: the longest ttl
  };
  Allowing FindAllowing(const DecisionSubject& subject, Delivery delivery) const {
    Allowing found;
    allows.ForEachCandidate(subject, [&](uint32_t place) {
      const CompiledPolicy& policy = policies[place];
      if (!Covers(policy, subject)) return;
      found.first = std::min(found.first, place);
      if (delivery == Delivery::kRevealed && policy.delivery != Delivery::kRevealed) return;
      if (found.best == kNobody || policy.ttl > policies[found.best].ttl ||
          (policy.ttl == policies[found.best].ttl && place < found.best)) {
        found.best = place;
      }
    });
    return found;
  }

  // The attempt that decides a use and its policy: the first that allows, else the nearest.
  struct Outcome {
    uint32_t place = kNobody;
    Attempt attempt;
  };
  Outcome FindOutcome(const UseFacts& facts) const {
    Outcome outcome;
    allows.ForEachCandidate(facts.query.subject, [&](uint32_t place) {
      // Nothing after a policy that allows can change the answer.
      if (outcome.attempt.stage == Stage::kAllowed && place >= outcome.place) return;
      if (!Covers(policies[place], facts.query.subject)) return;
      const Attempt attempt = TryPolicy(policies[place], facts);
      if (outcome.place == kNobody || attempt.stage > outcome.attempt.stage ||
          (attempt.stage == outcome.attempt.stage && place < outcome.place)) {
        outcome = {place, attempt};
      }
    });
    return outcome;
  }

  PolicyRevision revision;
  std::vector<CompiledPolicy> policies;  // in the order of the set
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
  size_t entries = 0;
  for (int i = 0; i < set.policies_size(); ++i) {
    ASSIGN_OR_RETURN(CompiledPolicy policy, CompilePolicy(set.policies(i), i, &entries));
    if (!names.insert(policy.name).second) {
      return Error(Reason::kInvalidArgument,
                   StrCat("policy ", policy.name, ": name is used twice; names are distinct"));
    }
    if (entries > kSetEntriesMax) {
      return Error(Reason::kInvalidArgument,
                   StrCat("policy ", policy.name, ": the lists up to here have more than ",
                          kSetEntriesMax, " entries, the most that one set may have"));
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

LeaseDecision CompiledPolicies::DecideLease(const DecisionSubject& subject,
                                            Delivery delivery) const {
  const Rep::Allowing allowing = rep_->FindAllowing(subject, delivery);
  LeaseDecision decision;
  if (allowing.first == kNobody) {
    decision.reason = Reason::kNotFoundOrForbidden;
    return decision;
  }
  decision.visible = true;
  if (const uint32_t deny = rep_->FirstDeny(subject); deny != kNobody) {
    decision.reason = Reason::kPolicyDenied;
    decision.policy = rep_->policies[deny].name;
    return decision;
  }
  if (allowing.best == kNobody) {
    decision.reason = Reason::kDeliveryNotAllowed;
    decision.policy = rep_->policies[allowing.first].name;
    return decision;
  }
  const CompiledPolicy& policy = rep_->policies[allowing.best];
  decision.allowed = true;
  decision.policy = policy.name;
  decision.ttl = policy.ttl;
  decision.max_ttl = policy.max_ttl;
  return decision;
}

UseDecision CompiledPolicies::DecideUse(const UseQuery& query) const {
  const UseFacts facts(query);
  const Rep::Outcome outcome = rep_->FindOutcome(facts);
  const std::string_view method = RecordedMethod(query.method);
  UseDecision decision;
  decision.reason = Reason::kPolicyDenied;
  decision.visible = outcome.place != kNobody;
  decision.action = method;
  if (const uint32_t deny = rep_->FirstDeny(query.subject); deny != kNobody) {
    decision.policy = rep_->policies[deny].name;
    decision.rule = "deny";
    if (decision.visible) decision.hint = StrCat("policy ", decision.policy, " denies it");
    return decision;
  }
  if (!decision.visible) return decision;
  const CompiledPolicy& policy = rep_->policies[outcome.place];
  decision.policy = policy.name;
  if (outcome.attempt.rule != nullptr) decision.rule = outcome.attempt.rule->name;
  if (outcome.attempt.stage != Stage::kAllowed) {
    decision.hint = HintOf(policy, outcome.attempt, facts);
    return decision;
  }
  const PathPattern* path = outcome.attempt.path;
  decision.allowed = true;
  decision.reason = Reason::kNone;
  decision.action = StrCat(method, " ", path == nullptr ? std::string_view("/**") : path->value());
  return decision;
}

UseDecision CompiledPolicies::DecideReveal(const DecisionSubject& subject) const {
  const Rep::Allowing allowing = rep_->FindAllowing(subject, Delivery::kRevealed);
  UseDecision decision;
  decision.reason = Reason::kPolicyDenied;
  decision.visible = allowing.first != kNobody;
  decision.action = "REVEAL";
  if (const uint32_t deny = rep_->FirstDeny(subject); deny != kNobody) {
    decision.policy = rep_->policies[deny].name;
    decision.rule = "deny";
    if (decision.visible) decision.hint = StrCat("policy ", decision.policy, " denies it");
    return decision;
  }
  if (!decision.visible) return decision;
  decision.rule = "lease";
  if (allowing.best == kNobody) {
    decision.policy = rep_->policies[allowing.first].name;
    decision.hint = StrCat("policy ", decision.policy, " allows brokered delivery only");
    return decision;
  }
  decision.allowed = true;
  decision.reason = Reason::kNone;
  decision.policy = rep_->policies[allowing.best].name;
  return decision;
}

}  // namespace leasehold
