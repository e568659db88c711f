#ifndef LEASEHOLD_SERVER_POLICY_TIME_WINDOW_H_
#define LEASEHOLD_SERVER_POLICY_TIME_WINDOW_H_

#include <array>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace leasehold::v1 {
class TimeWindow;
}

namespace leasehold {

// A time of day on some days of the week, by the clock on the wall of one time zone. Where that
// clock is put forward, the times it leaves out are in no window; where it is put back, the times
// it shows twice are in a window both times. Immutable.
class TimeWindow {
 public:
  // INVALID_ARGUMENT with a sentence that starts with `what`.
  static absl::StatusOr<TimeWindow> Compile(const v1::TimeWindow& window, std::string_view what);

  // Does not allocate.
  bool Contains(absl::Time time) const;

 private:
  TimeWindow() = default;
  std::array<bool, 7> days_{};  // from Monday: those on which the window starts
  int start_ = 0;               // minutes since midnight
  int end_ = 0;                 // up to 24 * 60, exclusive; not after start_: on the next day
  absl::TimeZone zone_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_TIME_WINDOW_H_
