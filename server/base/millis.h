#ifndef LEASEHOLD_SERVER_BASE_MILLIS_H_
#define LEASEHOLD_SERVER_BASE_MILLIS_H_

#include <compare>
#include <cstdint>

#include "absl/time/time.h"

namespace leasehold {

// A moment in whole milliseconds since 1970, as the ledger counts: half the size of an absl::Time,
// which matters in tables of millions. Zero is "never" wherever an end is optional.
class UnixMillis {
 public:
  constexpr UnixMillis() = default;
  constexpr explicit UnixMillis(int64_t value) : value_(value) {}
  // Rounds down.
  static UnixMillis From(absl::Time time) { return UnixMillis(absl::ToUnixMillis(time)); }

  constexpr int64_t value() const { return value_; }
  constexpr bool empty() const { return value_ == 0; }
  absl::Time ToTime() const { return absl::FromUnixMillis(value_); }
  constexpr auto operator<=>(const UnixMillis&) const = default;

  UnixMillis operator+(absl::Duration d) const {
    return UnixMillis(value_ + absl::ToInt64Milliseconds(d));
  }
  absl::Duration operator-(UnixMillis other) const {
    return absl::Milliseconds(value_ - other.value_);
  }

 private:
  int64_t value_ = 0;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_MILLIS_H_
