#ifndef LEASEHOLD_SERVER_POLICY_TOOL_RULE_H_
#define LEASEHOLD_SERVER_POLICY_TOOL_RULE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "server/policy/json_pointer.h"
#include "server/policy/tool_arguments.h"

namespace re2 {
class RE2;
}

namespace leasehold::v1 {
class ArgumentRule;
class ToolRule;
}  // namespace leasehold::v1

namespace leasehold {

// A condition on one argument of a tool. Texts are compared with strings as they are, with numbers
// and truth values in their shortest JSON form; null, arrays and objects meet no condition.
class ArgumentCondition {
 public:
  // INVALID_ARGUMENT with a sentence that starts with `what`. Adds an expression to `expressions`
  // where there is one.
  static absl::StatusOr<ArgumentCondition> Compile(std::string_view pointer,
                                                   const v1::ArgumentRule& rule,
                                                   std::string_view what, size_t* expressions);
  // An argument that is not there meets no condition.
  bool Holds(const ToolArguments& arguments) const;
  const JsonPointer& pointer() const { return pointer_; }

 private:
  explicit ArgumentCondition(JsonPointer pointer) : pointer_(std::move(pointer)) {}
  JsonPointer pointer_;
  std::vector<std::string> one_of_;          // `equals` is one alone
  std::string prefix_;                       // empty = not asked for
  std::shared_ptr<const re2::RE2> matches_;  // null = not asked for
};

// An MCP tool that may be called, and with what. Immutable.
struct CompiledTool {
  std::string name;  // glob (server/base/glob.h)
  std::vector<ArgumentCondition> args;

  // INVALID_ARGUMENT with a sentence that starts with `what`.
  static absl::StatusOr<CompiledTool> Compile(const v1::ToolRule& rule, std::string_view what,
                                              size_t* expressions);
  bool NameMatches(std::string_view tool) const;
  // `arguments` may be null: the call has none.
  bool ArgumentsHold(const ToolArguments* arguments) const;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_TOOL_RULE_H_
