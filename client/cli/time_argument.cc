#include "client/cli/time_argument.h"

#include <string>

#include "client/cli/terminal/cli_error.h"
#include "client/files/duration_text.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

bool ParseRfc3339(std::string_view text, absl::Time* time) {
  std::string error;
  return absl::ParseTime(absl::RFC3339_full, ToAbsl(text), time, &error);
}

absl::Status NoTime(std::string_view text, std::string_view flag, std::string_view hint) {
  return UsageError(StrCat("--", flag, " '", text, "' is no time"), hint);
}

}  // namespace

absl::StatusOr<absl::Time> ParsePast(std::string_view text, std::string_view flag, absl::Time now) {
  if (text == "today") {
    const absl::TimeZone zone = absl::LocalTimeZone();
    return absl::FromCivil(absl::CivilDay(absl::ToCivilDay(now, zone)), zone);
  }
  if (const auto ago = ParseDurationText(text); ago.ok()) return now - *ago;
  absl::Time time;
  if (ParseRfc3339(text, &time)) return time;
  return NoTime(text, flag, "write 30d for 30 days ago, today, or 2026-03-01T09:30:00Z");
}

absl::StatusOr<absl::Time> ParseFuture(std::string_view text, std::string_view flag,
                                       absl::Time now) {
  absl::Time time;
  if (const auto from_now = ParseDurationText(text); from_now.ok()) {
    time = now + *from_now;
  } else if (!ParseRfc3339(text, &time)) {
    return NoTime(text, flag, "write 90d for 90 days from now, or 2026-03-01T09:30:00Z");
  }
  if (time > now) return time;
  return UsageError(StrCat("--", flag, " '", text, "' is not in the future"));
}

absl::StatusOr<absl::Duration> ParseSpan(std::string_view text, std::string_view flag) {
  const auto duration = ParseDurationText(text);
  if (duration.ok()) return *duration;
  return UsageError(StrCat("--", flag, " '", text, "' ", duration.status().message()));
}

}  // namespace leasehold
