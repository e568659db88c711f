#ifndef LEASEHOLD_SERVER_LEASES_OPERATIONS_DURATION_WORDS_H_
#define LEASEHOLD_SERVER_LEASES_OPERATIONS_DURATION_WORDS_H_

#include <string>

#include "absl/time/time.h"
#include "server/base/millis.h"

namespace leasehold {

// "15m", "1h30m": how errors speak of durations.
inline std::string DurationWords(absl::Duration duration) { return absl::FormatDuration(duration); }
// "2026-11-25T07:12:43Z".
inline std::string TimeWords(UnixMillis time) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", time.ToTime(), absl::UTCTimeZone());
}

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_LEASES_OPERATIONS_DURATION_WORDS_H_
