#ifndef LEASEHOLD_SERVER_REPLAY_RECORDED_ACTION_H_
#define LEASEHOLD_SERVER_REPLAY_RECORDED_ACTION_H_

#include <optional>
#include <string>
#include <string_view>

#include "server/policy/http_path.h"

namespace leasehold {

// What an entry tells about a use: "GET /repos/**" (the pattern of the rule that allowed it),
// "GET /repos/acme/x" (the path itself), "GET" (of a denial).
struct RecordedAction {
  enum class Kind {
    kNothing,  // no action, or one that was erased: nothing can be said
    kTool,     // a call whose arguments are not in the ledger
    kPath,
    kPattern,
    kMethod,  // the path is any
  };
  Kind kind = Kind::kNothing;
  std::string method;
  std::string path;                    // of kPath
  std::optional<PathPattern> pattern;  // of kPattern and kMethod
};

RecordedAction ParseRecordedAction(std::string_view text);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_RECORDED_ACTION_H_
