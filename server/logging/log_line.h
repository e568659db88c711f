#ifndef LEASEHOLD_SERVER_LOGGING_LOG_LINE_H_
#define LEASEHOLD_SERVER_LOGGING_LOG_LINE_H_

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "absl/time/time.h"

namespace leasehold {

enum class LogLevel { kInfo, kWarning, kError, kOff };
enum class LogFormat { kJson, kText };

// "info", "warning", "error", "off".
std::string_view LogLevelName(LogLevel level);

// One fact beside the message. Keys are written by us in the code, the same word for the same thing
// everywhere (method, code, reason, principal, lease, entry, trace_id, request_id, duration_s), and
// never "ts", "level" or "msg". Values may come from anywhere, but are never a secret. Holds views:
// it lives as long as the statement that logs.
class LogField {
 public:
  LogField(std::string_view key, std::string_view value) : key_(key), value_(value) {}
  LogField(std::string_view key, const char* value) : key_(key), value_(std::string_view(value)) {}
  LogField(std::string_view key, const std::string& value)
      : key_(key), value_(std::string_view(value)) {}
  LogField(std::string_view key, bool value) : key_(key), value_(value) {}
  LogField(std::string_view key, double value) : key_(key), value_(value) {}
  template <std::signed_integral T>
  LogField(std::string_view key, T value) : key_(key), value_(static_cast<int64_t>(value)) {}
  template <std::unsigned_integral T>
  requires(!std::same_as<T, bool>) LogField(std::string_view key, T value)
      : key_(key), value_(static_cast<uint64_t>(value)) {}
  // In seconds; by convention the key ends in "_s".
  LogField(std::string_view key, absl::Duration value)
      : key_(key), value_(absl::ToDoubleSeconds(value)) {}

  std::string_view key() const { return key_; }

 private:
  friend void AppendLogValue(std::string* out, LogFormat format, const LogField& field);
  std::string_view key_;
  std::variant<std::string_view, bool, double, int64_t, uint64_t> value_;
};

// A text longer than this is cut, with "..." at its end: one hostile header must not make a line
// of megabytes.
inline constexpr size_t kLogTextBytesMax = 2048;

// The line without its end. JSON: one object, "ts" (RFC 3339, UTC, milliseconds), "level", "msg",
// then `fields` in their order. Text: "07:33:58.123 warning msg key=value". Both are always one
// line of valid UTF-8: control characters are escaped, bytes that are no UTF-8 become U+FFFD. A
// number that JSON does not have (NaN, infinity) is null.
std::string FormatLogLine(LogFormat format, absl::Time time, LogLevel level,
                          std::string_view message, std::span<const LogField> fields);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LOGGING_LOG_LINE_H_
