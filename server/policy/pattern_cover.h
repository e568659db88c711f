#ifndef LEASEHOLD_SERVER_POLICY_PATTERN_COVER_H_
#define LEASEHOLD_SERVER_POLICY_PATTERN_COVER_H_

#include <string>
#include <vector>

#include "server/policy/compiled_policy.h"
#include "server/policy/http_path.h"

namespace leasehold {

// Whom a policy covers and when, in a form that can be compared with another policy's. The policy
// outlives it.
class PatternCover {
 public:
  PatternCover(const CompiledPolicy& policy, const v1::Policy& sent);

  // Whether everything that `other` covers is covered. May say no where it is so after all, for
  // example where two patterns together cover what none does alone.
  bool Contains(const PatternCover& other) const;

 private:
  // With a '/' before it, a pattern of names means the same as one of paths.
  using Patterns = std::vector<PathPattern>;
  Patterns PatternsOf(const std::vector<NamePattern>& names);
  static bool ContainAll(const Patterns& outer, const Patterns& inner);
  bool ContainsSubjects(const PatternCover& other) const;
  bool ContainsUsers(const PatternCover& other) const;

  const CompiledPolicy* policy_;
  bool comparable_ = true;  // whether all its patterns are patterns of paths too
  Patterns agents_;
  Patterns secrets_;
  Patterns workflows_;
  std::vector<std::string> when_;  // serialised
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_PATTERN_COVER_H_
