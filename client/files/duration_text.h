#ifndef LEASEHOLD_CLIENT_FILES_DURATION_TEXT_H_
#define LEASEHOLD_CLIENT_FILES_DURATION_TEXT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace leasehold {

// Durations as people write them in files and after flags: "15m", "1h30m", "30d". Whole numbers
// with the units d, h, m, s, ms, us, ns, each at most once and the larger one first; a day is 24
// hours. Both functions are safe from any thread.

// More than anything in the API takes, and far from overflow.
inline constexpr absl::Duration kDurationTextMax = absl::Hours(24 * 36'500);

// INVALID_ARGUMENT with a sentence that fits behind "ttl ": "is not a duration; write ...".
absl::StatusOr<absl::Duration> ParseDurationText(std::string_view text);

// The shortest text that ParseDurationText reads as the same duration; "0s" for zero. A negative
// one, which cannot be read again, has a '-' in front.
std::string DurationText(absl::Duration duration);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_DURATION_TEXT_H_
