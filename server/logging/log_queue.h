#ifndef LEASEHOLD_SERVER_LOGGING_LOG_QUEUE_H_
#define LEASEHOLD_SERVER_LOGGING_LOG_QUEUE_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace leasehold {

// The lines between those who log and the one thread that writes. Whoever logs never waits for the
// reader of stderr, who may have stalled: what finds no room is dropped and counted. The Committer
// logs, so a line that waited would stop every lease, use and revocation.
//
// Push and AwaitDone are safe from any thread; Take and Done belong to the one that writes.
class LogQueue {
 public:
  // Minutes of an ordinary log, and little memory even twice: once here, once being written.
  static constexpr size_t kBytesMax = 1024 * 1024;
  // So that a reader who comes back is not first told of an age of short lines.
  static constexpr uint64_t kLinesMax = 8192;

  // Takes `line`, without its end, or drops and counts it.
  void Push(std::string_view line);

  struct Batch {
    std::string text;      // whole lines, each with its end
    uint64_t dropped = 0;  // that came after these and found no room
  };
  // Waits until there is something, and takes all of it.
  Batch Take();
  // What was taken has been written, or never will be.
  void Done();

  // Waits until what was pushed before this call is done, and what was dropped before it has been
  // taken as dropped and is done. False after `timeout`.
  bool AwaitDone(absl::Duration timeout);

 private:
  // How many lines came in all.
  struct Totals {
    uint64_t accepted = 0;
    uint64_t dropped = 0;
  };
  bool HasMoreLocked() const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  absl::Mutex mu_;
  std::string text_ ABSL_GUARDED_BY(mu_);
  Totals came_ ABSL_GUARDED_BY(mu_);
  Totals taken_ ABSL_GUARDED_BY(mu_);
  Totals done_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LOGGING_LOG_QUEUE_H_
