#ifndef LEASEHOLD_SERVER_LOGGING_LOG_WRITER_H_
#define LEASEHOLD_SERVER_LOGGING_LOG_WRITER_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"
#include "server/logging/log_queue.h"

namespace leasehold {

// Writes the process's lines to stderr on a thread of its own, "lh-log", which may wait there as
// long as it likes. Never destroyed: threads may log while the process ends, and this one may hang
// in a write for ever.
class LogWriter {
 public:
  // Makes the line, without its end, that says how many are missing at its place.
  using DescribeLost = std::string (*)(uint64_t lines);

  // Starts the thread. Throws std::system_error where the system has no room for one.
  explicit LogWriter(DescribeLost describe_lost);
  LogWriter(const LogWriter&) = delete;
  LogWriter& operator=(const LogWriter&) = delete;

  // Hands a line over. Never waits.
  void Write(std::string_view line) { queue_.Push(line); }
  // See FlushLog.
  bool Flush(absl::Duration timeout) { return queue_.AwaitDone(timeout); }

 private:
  void Run();
  // Writes `text` as far as it goes, and adds the lines that are not out to lost_.
  bool WriteOut(std::string_view text);

  const DescribeLost describe_lost_;
  LogQueue queue_;
  // Of the thread.
  uint64_t lost_ = 0;
  bool torn_ = false;  // the last write ended within a line
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LOGGING_LOG_WRITER_H_
