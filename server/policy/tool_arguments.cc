#include "server/policy/tool_arguments.h"

#include "server/base/status.h"

namespace leasehold {

absl::StatusOr<ToolArguments> ToolArguments::Parse(std::string_view json) {
  ASSIGN_OR_RETURN(
      JsonValue root,
      JsonValue::Parse(json, {.bytes_max = kBytesMax, .depth_max = kDepthMax}, "arguments_json"));
  if (!root.is_object()) {
    return Error(Reason::kInvalidArgument, "arguments_json is not an object of arguments");
  }
  return ToolArguments(std::move(root));
}

}  // namespace leasehold
