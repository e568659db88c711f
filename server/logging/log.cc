#include "server/logging/log.h"

#include <unistd.h>

#include <cstdlib>
#include <string>

#include "absl/time/clock.h"
#include "server/base/last_words.h"
#include "server/logging/log_writer.h"

namespace leasehold {
namespace log_internal {

std::atomic<LogLevel> level{LogLevel::kInfo};

namespace {

std::atomic<LogFormat> format{LogFormat::kJson};

// At the end of the process its last lines are worth this much waiting for a reader, and no more:
// one who has stalled must not keep a server from ending.
constexpr absl::Duration kLastLinesTimeout = absl::Seconds(1);

std::string DescribeLost(uint64_t lines) {
  const LogField fields[] = {{"left_out", lines}};
  return FormatLogLine(format.load(std::memory_order_relaxed), absl::Now(), LogLevel::kWarning,
                       "lines of the log were left out, because stderr could not take them",
                       fields);
}

LogWriter& Writer() {
  static LogWriter* const writer = [] {
    auto* made = new LogWriter(&DescribeLost);
    std::atexit([] { FlushLog(kLastLinesTimeout); });
    SetBeforeLastWords([] { FlushLog(kLastLinesTimeout); });
    return made;
  }();
  return *writer;
}

}  // namespace

void Write(LogLevel line_level, std::string_view message,
           std::initializer_list<LogField> fields) noexcept {
  try {
    Writer().Write(FormatLogLine(format.load(std::memory_order_relaxed), absl::Now(), line_level,
                                 message, {fields.begin(), fields.size()}));
  } catch (...) {
    // Out of memory or threads: the caller goes on without its line.
  }
}

}  // namespace log_internal

LogFormat DefaultLogFormat() {
  return isatty(STDERR_FILENO) == 1 ? LogFormat::kText : LogFormat::kJson;
}

bool FlushLog(absl::Duration timeout) { return log_internal::Writer().Flush(timeout); }

void SetLogOptions(const LogOptions& options) {
  log_internal::format.store(options.format, std::memory_order_relaxed);
  log_internal::level.store(options.level, std::memory_order_relaxed);
}

}  // namespace leasehold
