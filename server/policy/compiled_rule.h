#ifndef LEASEHOLD_SERVER_POLICY_COMPILED_RULE_H_
#define LEASEHOLD_SERVER_POLICY_COMPILED_RULE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "server/policy/decision.h"
#include "server/policy/http_path.h"
#include "server/policy/tool_rule.h"

namespace leasehold {

// One item of an allow section.
struct CompiledRule {
  std::string name;  // "allow[0]"
  std::string target;
  bool reads_only = false;
  std::vector<std::string> methods;  // empty = every method
  std::vector<PathPattern> paths;    // empty = every path
  std::vector<CompiledTool> tools;   // not empty: about calls of tools alone
};

// What is asked of every rule, looked at once and not once a rule.
struct UseFacts {
  explicit UseFacts(const UseQuery& query);
  const UseQuery& query;
  bool tool_call;
  bool canonical_path;  // of a tool call: true
  bool usable_method;   // of a tool call: true

  // Whether a policy that allows everything allows this.
  bool possible() const { return canonical_path && usable_method; }
};

// How far a use gets through the conditions of a policy, in the order in which they are tried. For
// calls of tools, kPath stands for the tool's name and kMethod for its arguments.
enum class Stage {
  kNoRule,
  kApproval,  // the policy asks for approvers that the lease does not have
  kTarget,
  kKind,  // the rule is about calls of tools and this is none, or the other way round
  kPath,
  kMethod,
  kAccess,
  kAllowed
};

// How a rule fared. `pattern` is the path or tool pattern that matched; empty where the rule names
// no paths or none matched.
struct RuleAttempt {
  Stage stage = Stage::kNoRule;
  const CompiledRule* rule = nullptr;
  std::string_view pattern;
};

// `stage` is the first condition that fails, or kAllowed. Does not allocate.
RuleAttempt TryRule(const CompiledRule& rule, const UseFacts& facts);

// The same of a rule that is known to be about this target and kind, as if it named this one path
// (where it names any) or tool alone. The path is canonical.
RuleAttempt TryRulePath(const CompiledRule& rule, size_t path, const UseFacts& facts);
RuleAttempt TryRuleTool(const CompiledRule& rule, size_t tool, const UseQuery& query);

// For people: why `attempt` of the policy named `policy` does not allow the use; empty where it
// does.
std::string RuleHint(std::string_view policy, const RuleAttempt& attempt, const UseFacts& facts);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_COMPILED_RULE_H_
