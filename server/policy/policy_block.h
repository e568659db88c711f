#ifndef LEASEHOLD_SERVER_POLICY_POLICY_BLOCK_H_
#define LEASEHOLD_SERVER_POLICY_POLICY_BLOCK_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <vector>

#include "server/policy/compiled_policy.h"
#include "server/policy/compiled_rule.h"
#include "server/policy/decision.h"
#include "server/policy/rule_index.h"

namespace leasehold {

// The policies of a set that have the same CompiledPolicy.conditions: one covers a subject exactly
// if all do, so that question is asked once for all of them. Filled with Add and Finish, then
// immutable.
class PolicyBlock {
 public:
  static constexpr uint32_t kNobody = std::numeric_limits<uint32_t>::max();

  // Keeps the span.
  explicit PolicyBlock(std::span<const CompiledPolicy> set) : set_(set) {}
  // `place` in the set, ascending.
  void Add(uint32_t place);
  void Finish();

  // Any of them speaks for all about whom they cover, whether they are observed, and whether they
  // ask for approvers (then there is but one).
  const CompiledPolicy& first() const { return set_[places_.front()]; }
  uint32_t first_place() const { return places_.front(); }

  // The one with the longest ttl among those that permit `delivery`, the first of several; kNobody
  // where none does.
  uint32_t LongestFor(Delivery delivery) const {
    return delivery == Delivery::kRevealed ? longest_revealed_ : longest_;
  }
  // Of all of them, in the order of the set.
  std::span<const CompiledLimit* const> limits() const { return limits_; }

  // How their rules fare: the first that allows, else the first of those that came nearest. The
  // block covers the subject. Does not allocate.
  PlacedAttempt Try(const UseFacts& facts) const;

 private:
  PlacedAttempt TryEach(const UseFacts& facts) const;

  std::span<const CompiledPolicy> set_;
  std::vector<uint32_t> places_;
  std::vector<const CompiledLimit*> limits_;
  uint32_t longest_ = kNobody;
  uint32_t longest_revealed_ = kNobody;
  std::unique_ptr<const RuleIndex> rules_;  // null where there are so few that all are tried
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_POLICY_BLOCK_H_
