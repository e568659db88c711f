#include "server/logging/log.h"

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <unistd.h>

#include <memory>
#include <string>

#include "absl/time/clock.h"

namespace leasehold {
namespace log_internal {

std::atomic<LogLevel> level{LogLevel::kInfo};

namespace {

std::atomic<LogFormat> format{LogFormat::kJson};

// spdlog brings the sink (a lock, whole lines, a flush); the line is made by FormatLogLine, because
// spdlog's JSON patterns do not escape.
spdlog::logger& Logger() {
  // Never destroyed: threads may log while the process ends.
  static spdlog::logger* const logger = [] {
    auto made = std::make_unique<spdlog::logger>("leasehold",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v"));
    made->set_level(spdlog::level::trace);
    // A log that cannot be written is not worth stopping for, and there is nowhere to say so.
    made->set_error_handler([](const std::string&) {});
    return made.release();
  }();
  return *logger;
}

}  // namespace

void Write(LogLevel line_level, std::string_view message,
           std::initializer_list<LogField> fields) noexcept {
  try {
    const std::string line = FormatLogLine(format.load(std::memory_order_relaxed), absl::Now(),
                                           line_level, message, {fields.begin(), fields.size()});
    Logger().log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
  } catch (...) {
    // Out of memory: the caller goes on without its line.
  }
}

}  // namespace log_internal

LogFormat DefaultLogFormat() {
  return isatty(STDERR_FILENO) == 1 ? LogFormat::kText : LogFormat::kJson;
}

void SetLogOptions(const LogOptions& options) {
  log_internal::format.store(options.format, std::memory_order_relaxed);
  log_internal::level.store(options.level, std::memory_order_relaxed);
}

}  // namespace leasehold
