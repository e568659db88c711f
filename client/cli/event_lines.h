#ifndef LEASEHOLD_CLIENT_CLI_EVENT_LINES_H_
#define LEASEHOLD_CLIENT_CLI_EVENT_LINES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "client/cli/arguments/command.h"
#include "client/cli/session.h"
#include "client/cli/terminal/exit_status.h"
#include "client/cli/terminal/json_value.h"

namespace leasehold {

// What a command writes that goes on for as long as somebody reads: a line an event, or one JSON
// object each, at once.
class EventLines {
 public:
  EventLines(Session& session, std::vector<std::string> columns)
      : session_(session), columns_(std::move(columns)) {}

  // --count
  static Flag CountFlag();
  // --count and --resume
  static std::vector<Flag> Flags();

  // Writes an event. FAILURE where nobody reads any more.
  absl::Status Write(const Json& data, std::vector<std::string> cells);
  // The event that was read last can be gone on from by `token`.
  void Reached(std::string token) { token_ = std::move(token); }
  // Whether --count events were written.
  bool Enough() const { return left_.has_value() && *left_ == 0; }
  absl::Status ParseCount();

  // How the command ends, given how its stream did: with 0 after enough events, else with a note
  // how to go on.
  absl::StatusOr<ExitStatus> End(const absl::Status& stream);
  // What the taker of a stream's messages returns after enough of them.
  static absl::Status EnoughRead();

 private:
  Session& session_;
  const std::vector<std::string> columns_;
  bool first_ = true;
  std::optional<uint64_t> left_;
  std::string token_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_EVENT_LINES_H_
