#include "server/replay/recorded_action.h"

#include "server/policy/decision.h"

namespace leasehold {
namespace {

const PathPattern& EveryPath() {
  static const PathPattern every = *PathPattern::Parse("/**", "every path");
  return every;
}

}  // namespace

RecordedAction ParseRecordedAction(std::string_view text) {
  using Kind = RecordedAction::Kind;
  RecordedAction action;
  const size_t blank = text.find(' ');
  action.method = std::string(text.substr(0, blank));
  if (action.method.empty()) return action;
  if (action.method == kToolAction) {
    action.kind = Kind::kTool;
    return action;
  }
  const std::string_view path =
      blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
  if (!path.empty() && path.find('*') == std::string_view::npos) {
    action.kind = Kind::kPath;
    action.path = std::string(path);
    return action;
  }
  // A path itself may have a '*' too; what holds of the pattern holds of it.
  absl::StatusOr<PathPattern> pattern = PathPattern::Parse(path, "path");
  action.kind = pattern.ok() ? Kind::kPattern : Kind::kMethod;
  action.pattern = pattern.ok() ? *std::move(pattern) : EveryPath();
  return action;
}

}  // namespace leasehold
