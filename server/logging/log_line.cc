#include "server/logging/log_line.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD

bool IsContinuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

// The length of the UTF-8 character at the front of `text`, or 0 where there is none (a stray or
// missing continuation, an overlong form, a surrogate, beyond U+10FFFF). `text` is not empty.
size_t Utf8Length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  if (first < 0x80) return 1;
  const size_t length = first < 0xC2    ? 0
                        : first < 0xE0  ? 2
                        : first < 0xF0  ? 3
                        : first <= 0xF4 ? 4
                                        : 0;
  if (length == 0 || text.size() < length) return 0;
  for (size_t i = 1; i < length; ++i) {
    if (!IsContinuation(text[i])) return 0;
  }
  const auto second = static_cast<unsigned char>(text[1]);
  const bool wrong = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  return wrong ? 0 : length;
}

void AppendEscape(std::string* out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    case '"':
    case '\\':
      out->push_back('\\');
      out->push_back(c);
      return;
    default:
      out->append("\\u00");
      out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
      out->push_back(kHex[static_cast<unsigned char>(c) & 15]);
  }
}

// `text` as the inside of a JSON string. C1 controls and DEL are escaped too: they drive terminals.
void AppendEscaped(std::string* out, std::string_view text) {
  bool cut = false;
  if (text.size() > kLogTextBytesMax) {
    size_t end = kLogTextBytesMax;
    // Not in the middle of a character.
    while (end > kLogTextBytesMax - 4 && IsContinuation(text[end])) --end;
    text = text.substr(0, end);
    cut = true;
  }
  while (!text.empty()) {
    const size_t length = Utf8Length(text);
    const auto first = static_cast<unsigned char>(text[0]);
    if (length == 0) {
      out->append(kReplacement);
    } else if (first < 0x20 || first == 0x7F || first == '"' || first == '\\') {
      AppendEscape(out, text[0]);
    } else if (length == 2 && first == 0xC2 && static_cast<unsigned char>(text[1]) < 0xA0) {
      AppendEscape(out, text[1]);
    } else {
      out->append(text.substr(0, length));
    }
    text.remove_prefix(std::max<size_t>(length, 1));
  }
  if (cut) out->append("...");
}

void AppendDouble(std::string* out, double value) {
  if (!std::isfinite(value)) {
    out->append("null");
    return;
  }
  char buffer[32];  // The shortest form that reads back as the same number has at most 24.
  const auto end = std::to_chars(buffer, buffer + sizeof(buffer), value).ptr;
  out->append(buffer, end);
}

// A word that a reader of `key=value` cannot misread stands as it is.
bool IsPlainWord(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7F && c != '"' && c != '\\' && c != '=';
  });
}

std::string Timestamp(LogFormat format, absl::Time time) {
  return format == LogFormat::kJson
             ? absl::FormatTime("%Y-%m-%d%ET%H:%M:%E3SZ", time, absl::UTCTimeZone())
             : absl::FormatTime("%H:%M:%E3S", time, absl::LocalTimeZone());
}

}  // namespace

std::string_view LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
    case LogLevel::kOff:
      break;
  }
  return "off";
}

void AppendLogValue(std::string* out, LogFormat format, const LogField& field) {
  std::visit(
      [out, format](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          const bool bare =
              format == LogFormat::kText && value.size() <= kLogTextBytesMax && IsPlainWord(value);
          if (!bare) out->push_back('"');
          AppendEscaped(out, value);
          if (!bare) out->push_back('"');
        } else if constexpr (std::is_same_v<T, bool>) {
          out->append(value ? "true" : "false");
        } else if constexpr (std::is_same_v<T, double>) {
          AppendDouble(out, value);
        } else {
          StrAppend(out, value);
        }
      },
      field.value_);
}

std::string FormatLogLine(LogFormat format, absl::Time time, LogLevel level,
                          std::string_view message, std::span<const LogField> fields) {
  std::string out;
  out.reserve(256);
  if (format == LogFormat::kText) {
    StrAppend(&out, Timestamp(format, time), " ", LogLevelName(level), " ");
    AppendEscaped(&out, message);
    for (const LogField& field : fields) {
      StrAppend(&out, " ", field.key(), "=");
      AppendLogValue(&out, format, field);
    }
    return out;
  }
  StrAppend(&out, R"({"ts":")", Timestamp(format, time), R"(","level":")", LogLevelName(level),
            R"(","msg":")");
  AppendEscaped(&out, message);
  out.push_back('"');
  for (const LogField& field : fields) {
    StrAppend(&out, R"(,")", field.key(), R"(":)");
    AppendLogValue(&out, format, field);
  }
  out.push_back('}');
  return out;
}

}  // namespace leasehold
