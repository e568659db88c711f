#include "client/files/duration_text.h"

#include <array>
#include <charconv>
#include <cstddef>
#include <cstdint>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

struct Unit {
  std::string_view name;
  absl::Duration length;
};

constexpr std::array kUnits = {
    Unit{"d", absl::Hours(24)},        Unit{"h", absl::Hours(1)},
    Unit{"m", absl::Minutes(1)},       Unit{"s", absl::Seconds(1)},
    Unit{"ms", absl::Milliseconds(1)}, Unit{"us", absl::Microseconds(1)},
    Unit{"ns", absl::Nanoseconds(1)},
};

absl::Status Refuse() {
  return Error(Reason::kInvalidArgument,
               "is not a duration; write for example 90s, 15m, 1h30m or 30d");
}

// Takes digits and a unit from the front of `rest`. `first` is the largest unit that may come.
absl::StatusOr<absl::Duration> TakePart(std::string_view* rest, size_t* first) {
  int64_t number = 0;
  const char* end = rest->data() + rest->size();
  const auto [digits_end, error] = std::from_chars(rest->data(), end, number);
  if (error != std::errc() || rest->front() == '-') return Refuse();
  rest->remove_prefix(static_cast<size_t>(digits_end - rest->data()));
  const std::string_view name = rest->substr(0, rest->find_first_of("0123456789"));
  rest->remove_prefix(name.size());
  for (; *first < kUnits.size(); ++*first) {
    const Unit& unit = kUnits[*first];
    if (unit.name != name) continue;
    ++*first;
    // absl::Duration saturates instead of overflowing, so the product compares correctly.
    return unit.length * number;
  }
  return Refuse();
}

}  // namespace

absl::StatusOr<absl::Duration> ParseDurationText(std::string_view text) {
  if (text.empty()) return Refuse();
  absl::Duration sum = absl::ZeroDuration();
  size_t first = 0;
  while (!text.empty()) {
    ASSIGN_OR_RETURN(const absl::Duration part, TakePart(&text, &first));
    sum += part;
  }
  if (sum > kDurationTextMax) {
    return Error(Reason::kInvalidArgument, "is longer than 36500d, a hundred years");
  }
  return sum;
}

std::string DurationText(absl::Duration duration) {
  if (duration == absl::ZeroDuration()) return "0s";
  std::string text;
  if (duration < absl::ZeroDuration()) {
    text.push_back('-');
    duration = -duration;
  }
  for (const Unit& unit : kUnits) {
    const int64_t count = absl::IDivDuration(duration, unit.length, &duration);
    if (count > 0) StrAppend(&text, count, unit.name);
  }
  return text;
}

}  // namespace leasehold
