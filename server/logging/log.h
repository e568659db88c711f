#ifndef LEASEHOLD_SERVER_LOGGING_LOG_H_
#define LEASEHOLD_SERVER_LOGGING_LOG_H_

#include <atomic>
#include <initializer_list>
#include <string_view>

#include "server/logging/log_line.h"

namespace leasehold {

// The log tells an operator what the server is doing; what agents did is in the ledger, which is
// the audit record. One line an event on stderr, written whole even where threads write at once.
// No secret, token or request body ever goes in.
//
//   LogWarning("a connection was refused", {{"reason", "limit"}, {"principal", peer}});
//
// Safe from any thread, never throws, and never waits for whoever reads stderr: lines go through a
// bounded queue to the thread "lh-log", which writes them. What finds no room is left out, and a
// line says how many were. A process that ends in order, or by a failed check, waits at most a
// second for its last lines. Below the level that is set, a call costs one relaxed load beside
// making its arguments.

struct LogOptions {
  LogLevel level = LogLevel::kInfo;
  LogFormat format = LogFormat::kJson;
};

// JSON, or text where stderr is a terminal.
LogFormat DefaultLogFormat();

// Before the first call the level is kInfo and the format is JSON. May be called again.
void SetLogOptions(const LogOptions& options);

// Waits until what was logged before this call has been written or cannot be; false after
// `timeout`. Nobody needs it for ending the process.
bool FlushLog(absl::Duration timeout);

namespace log_internal {
extern std::atomic<LogLevel> level;
void Write(LogLevel level, std::string_view message,
           std::initializer_list<LogField> fields) noexcept;
}  // namespace log_internal

// Whether a call with this level would write; for arguments that are dear to make.
inline bool LogEnabled(LogLevel level) {
  return level >= log_internal::level.load(std::memory_order_relaxed);
}

inline void Log(LogLevel level, std::string_view message,
                std::initializer_list<LogField> fields = {}) {
  if (level != LogLevel::kOff && LogEnabled(level)) log_internal::Write(level, message, fields);
}
inline void LogInfo(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kInfo, message, fields);
}
inline void LogWarning(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kWarning, message, fields);
}
inline void LogError(std::string_view message, std::initializer_list<LogField> fields = {}) {
  Log(LogLevel::kError, message, fields);
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LOGGING_LOG_H_
