#include "server/policy/time_window.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>

#include "absl/time/civil_time.h"
#include "leasehold/v1/policy.pb.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::array<std::string_view, 7> kDays = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
constexpr int kMinutesOfDay = 24 * 60;
// America/Argentina/ComodRivadavia has 32.
constexpr size_t kZoneBytesMax = 64;

absl::Status Refuse(std::string_view what, std::string_view offence) {
  return Error(Reason::kInvalidArgument, StrCat(what, offence));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Minutes since midnight of `HH:MM`, 00:00 to 24:00.
std::optional<int> ParseMinutes(std::string_view text) {
  if (text.size() != 5 || text[2] != ':' || !IsDigit(text[0]) || !IsDigit(text[1]) ||
      !IsDigit(text[3]) || !IsDigit(text[4])) {
    return std::nullopt;
  }
  const int hours = (text[0] - '0') * 10 + (text[1] - '0');
  const int minutes = (text[3] - '0') * 10 + (text[4] - '0');
  if (minutes > 59 || hours * 60 + minutes > kMinutesOfDay) return std::nullopt;
  return hours * 60 + minutes;
}

// Names of the database and no others: the library would take paths of files too, and "localtime",
// which means something else on each machine.
bool IsZoneName(std::string_view zone) {
  if (zone.empty() || zone.size() > kZoneBytesMax || zone.front() == '/') return false;
  if (zone == "localtime" || zone == "Local") return false;
  return std::all_of(zone.begin(), zone.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' || c == '/' ||
           c == '+' || c == '-';
  });
}

}  // namespace

absl::StatusOr<TimeWindow> TimeWindow::Compile(const v1::TimeWindow& window,
                                               std::string_view what) {
  TimeWindow out;
  if (window.days().empty()) out.days_.fill(true);
  for (int i = 0; i < window.days_size(); ++i) {
    const auto day = std::find(kDays.begin(), kDays.end(), window.days(i));
    if (day == kDays.end()) {
      return Refuse(what, StrCat(".days[", i,
                                 "] is no day; write mon, tue, wed, thu, fri, sat or "
                                 "sun"));
    }
    out.days_[static_cast<size_t>(day - kDays.begin())] = true;
  }
  const std::optional<int> start = ParseMinutes(window.start().empty() ? "00:00" : window.start());
  if (!start.has_value() || *start == kMinutesOfDay) {
    return Refuse(what, ".start is no time of day; write 00:00 to 23:59");
  }
  const std::optional<int> end = ParseMinutes(window.end().empty() ? "24:00" : window.end());
  if (!end.has_value()) return Refuse(what, ".end is no time of day; write 00:00 to 24:00");
  if (*start == *end) {
    return Refuse(what, ".end is the start, so the window is empty; leave both out for whole days");
  }
  out.start_ = *start;
  out.end_ = *end;
  if (window.zone().empty()) {
    return Refuse(what, ".zone is missing; write an IANA name, for example Europe/Berlin or UTC");
  }
  if (!IsZoneName(window.zone()) || !absl::LoadTimeZone(window.zone(), &out.zone_)) {
    return Refuse(what,
                  ".zone is no time zone of this machine's database; write an IANA name, for "
                  "example Europe/Berlin or UTC");
  }
  return out;
}

bool TimeWindow::Contains(absl::Time time) const {
  const absl::CivilSecond now = zone_.At(time).cs;
  const int minute = now.hour() * 60 + now.minute();
  // absl::Weekday counts from Monday.
  const auto today = static_cast<size_t>(absl::GetWeekday(now));
  if (start_ < end_) return days_[today] && start_ <= minute && minute < end_;
  const size_t yesterday = (today + 6) % 7;
  return (days_[today] && minute >= start_) || (days_[yesterday] && minute < end_);
}

}  // namespace leasehold
