#include "server/policy/policy_block.h"

#include <algorithm>
#include <cstddef>
#include <utility>

namespace leasehold {
namespace {

// To try so many patterns in turn takes less than to look them up, and an index of each small
// block would make a set of ten thousand of them too large for the processor's caches.
constexpr size_t kTriedInTurnMax = 12;

size_t PatternsOf(const CompiledPolicy& policy) {
  size_t patterns = 0;
  for (const CompiledRule& rule : policy.allow) {
    patterns += std::max<size_t>(1, rule.paths.size() + rule.tools.size());
  }
  return patterns;
}

}  // namespace

void PolicyBlock::Add(uint32_t place) {
  const CompiledPolicy& policy = set_[place];
  places_.push_back(place);
  for (const CompiledLimit& limit : policy.limits) limits_.push_back(&limit);
  const auto improve = [&](uint32_t* longest) {
    if (*longest == kNobody || policy.ttl > set_[*longest].ttl) *longest = place;
  };
  improve(&longest_);
  if (policy.delivery == Delivery::kRevealed) improve(&longest_revealed_);
}

void PolicyBlock::Finish() {
  size_t patterns = 0;
  for (const uint32_t place : places_) patterns += PatternsOf(set_[place]);
  if (patterns <= kTriedInTurnMax && places_.size() <= kTriedInTurnMax) return;
  auto rules = std::make_unique<RuleIndex>();
  for (const uint32_t place : places_) {
    for (const CompiledRule& rule : set_[place].allow) rules->Add(place, rule);
  }
  rules_ = std::move(rules);
}

PlacedAttempt PolicyBlock::Try(const UseFacts& facts) const {
  const CompiledPolicy& policy = first();
  if (policy.LacksApproval(facts.query.subject)) {
    return {first_place(), {Stage::kApproval, nullptr, {}}};
  }
  // Of a path of which only a pattern is known, no beginning can be looked up.
  if (rules_ == nullptr || facts.query.recorded != nullptr) return TryEach(facts);
  const PlacedAttempt found = rules_->Try(facts);
  return found.attempt.stage == Stage::kNoRule ? PlacedAttempt{first_place(), {}} : found;
}

PlacedAttempt PolicyBlock::TryEach(const UseFacts& facts) const {
  PlacedAttempt best{first_place(), {}};
  for (const uint32_t place : places_) {
    for (const CompiledRule& rule : set_[place].allow) {
      const RuleAttempt attempt = TryRule(rule, facts);
      if (attempt.stage > best.attempt.stage) best = {place, attempt};
      if (attempt.stage == Stage::kAllowed) return best;
    }
  }
  return best;
}

}  // namespace leasehold
