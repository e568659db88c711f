#include "client/files/duration_text.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("a duration is read and written as people do", "[files][duration]") {
  struct Row {
    const char* text;
    absl::Duration duration;
    const char* written;
  };
  const Row row = GENERATE(values<Row>({
      {"15m", absl::Minutes(15), "15m"},
      {"1h30m", absl::Minutes(90), "1h30m"},
      {"90m", absl::Minutes(90), "1h30m"},
      {"30d", absl::Hours(720), "30d"},
      {"720h", absl::Hours(720), "30d"},
      {"0s", absl::ZeroDuration(), "0s"},
      {"0d", absl::ZeroDuration(), "0s"},
      {"007s", absl::Seconds(7), "7s"},
      {"250ms", absl::Milliseconds(250), "250ms"},
      {"1m1ms", absl::Minutes(1) + absl::Milliseconds(1), "1m1ms"},
      {"1d1h1m1s1ms1us1ns", absl::Hours(25) + absl::Seconds(61) + absl::Nanoseconds(1'001'001),
       "1d1h1m1s1ms1us1ns"},
      {"36500d", kDurationTextMax, "36500d"},
  }));
  INFO(row.text);
  const auto duration = ParseDurationText(row.text);
  REQUIRE(duration.ok());
  CHECK(*duration == row.duration);
  CHECK(DurationText(row.duration) == row.written);
}

TEST_CASE("what is not a duration is refused", "[files][duration]") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "15", "m", "15 m", " 15m", "15m ", "15M", "15min", "1.5h", "-15m",
      "+15m", "15m1h", "15m15m", "1h-30m", "1h30", "1w", "1y", "36501d", "36500d1ns",
      "99999999999999999999s", "9223372036854775807d", "15m\n", "1e3s", "\xc2\xb5s", "1\xc2\xb5s");
  INFO(text);
  const auto duration = ParseDurationText(text);
  REQUIRE(ReasonOf(duration.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(duration.status().message()), Catch::StartsWith("is "));
}

TEST_CASE("a negative duration is shown, not read", "[files][duration]") {
  CHECK(DurationText(-absl::Minutes(90)) == "-1h30m");
  CHECK_FALSE(ParseDurationText("-1h30m").ok());
}

TEST_CASE("what is written is read as the same", "[files][duration]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    // Of every magnitude.
    const auto ns =
        static_cast<int64_t>(random() >> (2 + random() % 60)) % 3'153'600'000'000'000'000;
    const absl::Duration duration = absl::Nanoseconds(ns);
    const std::string text = DurationText(duration);
    INFO(text);
    const auto read = ParseDurationText(text);
    REQUIRE(read.ok());
    REQUIRE(*read == duration);
  }
}

}  // namespace
}  // namespace leasehold
