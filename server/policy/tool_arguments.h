#ifndef LEASEHOLD_SERVER_POLICY_TOOL_ARGUMENTS_H_
#define LEASEHOLD_SERVER_POLICY_TOOL_ARGUMENTS_H_

#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "server/base/json.h"

namespace leasehold {

// The arguments of an MCP tool call, parsed once and then judged by any number of rules. Immutable.
class ToolArguments {
 public:
  // What a tool is asked for, not a document; the parse runs before other calls are judged.
  static constexpr size_t kBytesMax = size_t{64} * 1024;
  static constexpr int kDepthMax = 32;

  // One JSON object, read strictly (server/base/json.h): the tool must not see other arguments than
  // we judge. INVALID_ARGUMENT, TOO_LARGE; the text is not quoted.
  static absl::StatusOr<ToolArguments> Parse(std::string_view json);

  const JsonValue& root() const { return root_; }

 private:
  explicit ToolArguments(JsonValue root) : root_(std::move(root)) {}
  JsonValue root_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_TOOL_ARGUMENTS_H_
