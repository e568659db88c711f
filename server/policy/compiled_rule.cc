#include "server/policy/compiled_rule.h"

#include <algorithm>

#include "server/base/str_cat.h"
#include "server/policy/http_methods.h"

namespace leasehold {
namespace {

bool NamesMethod(const CompiledRule& rule, std::string_view method) {
  return rule.methods.empty() ||
         std::find(rule.methods.begin(), rule.methods.end(), method) != rule.methods.end();
}

bool MatchesPath(const PathPattern& pattern, const UseQuery& query) {
  if (query.recorded == nullptr) return pattern.Matches(query.path);
  return query.recorded->widest ? pattern.Overlaps(*query.recorded->pattern)
                                : pattern.Contains(*query.recorded->pattern);
}

bool HasCanonicalPath(const UseQuery& query) {
  if (query.recorded == nullptr) return IsCanonicalPath(query.path);
  return query.recorded->canonical || query.recorded->widest;
}

std::string MethodHint(std::string_view policy, const CompiledRule& rule) {
  if (rule.methods.empty()) return StrCat("policy ", policy, " does not allow this method");
  std::string hint = StrCat("policy ", policy, " allows ");
  for (size_t i = 0; i < rule.methods.size(); ++i) {
    if (i > 0) hint += i + 1 == rule.methods.size() ? " and " : ", ";
    hint += rule.methods[i];
  }
  return hint + " only";
}

// The attempt of a rule that is about this target and calls of tools. The first tool that allows
// counts, else the first of those that came nearest.
RuleAttempt TryTools(const CompiledRule& rule, const UseQuery& query) {
  RuleAttempt best{Stage::kPath, &rule, {}};
  for (size_t tool = 0; tool < rule.tools.size(); ++tool) {
    const RuleAttempt attempt = TryRuleTool(rule, tool, query);
    if (attempt.stage > best.stage) best = attempt;
    if (attempt.stage == Stage::kAllowed) break;
  }
  return best;
}

// What comes of a rule once its path `pattern` matched.
RuleAttempt TryRest(const CompiledRule& rule, std::string_view pattern, const UseFacts& facts) {
  if (!facts.usable_method || !NamesMethod(rule, facts.query.method)) {
    return {Stage::kMethod, &rule, pattern};
  }
  if (rule.reads_only && !facts.query.is_read) return {Stage::kAccess, &rule, pattern};
  return {Stage::kAllowed, &rule, pattern};
}

}  // namespace

UseFacts::UseFacts(const UseQuery& q)
    : query(q),
      tool_call(!q.tool.empty()),
      canonical_path(tool_call || HasCanonicalPath(q)),
      usable_method(tool_call || IsUsableMethod(q.method)) {}

RuleAttempt TryRule(const CompiledRule& rule, const UseFacts& facts) {
  const UseQuery& query = facts.query;
  if (rule.target != query.target) return {Stage::kTarget, &rule, {}};
  if (facts.tool_call == rule.tools.empty()) return {Stage::kKind, &rule, {}};
  if (facts.tool_call) return TryTools(rule, query);
  if (!facts.canonical_path) return {Stage::kPath, &rule, {}};
  if (rule.paths.empty()) return TryRest(rule, {}, facts);
  const auto found =
      std::find_if(rule.paths.begin(), rule.paths.end(),
                   [&](const PathPattern& path) { return MatchesPath(path, query); });
  if (found == rule.paths.end()) return {Stage::kPath, &rule, {}};
  return TryRest(rule, found->value(), facts);
}

RuleAttempt TryRulePath(const CompiledRule& rule, size_t path, const UseFacts& facts) {
  if (rule.paths.empty()) return TryRest(rule, {}, facts);
  const PathPattern& pattern = rule.paths[path];
  if (!MatchesPath(pattern, facts.query)) return {Stage::kPath, &rule, {}};
  return TryRest(rule, pattern.value(), facts);
}

RuleAttempt TryRuleTool(const CompiledRule& rule, size_t tool, const UseQuery& query) {
  const CompiledTool& named = rule.tools[tool];
  if (!named.NameMatches(query.tool)) return {Stage::kPath, &rule, {}};
  if (!named.ArgumentsHold(query.arguments)) return {Stage::kMethod, &rule, named.name};
  if (rule.reads_only && !query.is_read) return {Stage::kAccess, &rule, named.name};
  return {Stage::kAllowed, &rule, named.name};
}

std::string RuleHint(std::string_view policy, const RuleAttempt& attempt, const UseFacts& facts) {
  const std::string who = StrCat("policy ", policy);
  switch (attempt.stage) {
    case Stage::kNoRule:
      return StrCat(who, " allows no use");
    case Stage::kApproval:
      return StrCat(who, " asks for approvers, who have not agreed to this lease");
    case Stage::kTarget:
      return StrCat(who, " does not allow this target");
    case Stage::kKind:
      return StrCat(
          who, facts.tool_call ? " allows no calls of tools there" : " allows calls of tools only");
    case Stage::kPath:
      if (facts.tool_call) return StrCat(who, " does not allow this tool");
      if (!facts.canonical_path) return StrCat("the path ", PathOffence(facts.query.path));
      return StrCat(who, " does not allow this path");
    case Stage::kMethod:
      if (facts.tool_call) return StrCat(who, " does not allow these arguments");
      return MethodHint(policy, *attempt.rule);
    case Stage::kAccess:
      return StrCat(who, " allows reads only");
    case Stage::kAllowed:
      break;
  }
  return {};
}

}  // namespace leasehold
