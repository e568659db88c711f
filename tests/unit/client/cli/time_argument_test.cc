#include "client/cli/time_argument.h"

#include <catch2/catch.hpp>

#include "client/cli/terminal/cli_error.h"

namespace leasehold {
namespace {

absl::Time At(const char* text) {
  absl::Time time;
  std::string error;
  REQUIRE(absl::ParseTime(absl::RFC3339_full, text, &time, &error));
  return time;
}

TEST_CASE("a past time is an age, today, or RFC 3339") {
  const absl::Time now = At("2026-03-10T12:00:00Z");
  CHECK(*ParsePast("30d", "since", now) == At("2026-02-08T12:00:00Z"));
  CHECK(*ParsePast("90m", "since", now) == At("2026-03-10T10:30:00Z"));
  CHECK(*ParsePast("2026-03-01T00:00:00+01:00", "since", now) == At("2026-02-28T23:00:00Z"));
  const absl::Time today = *ParsePast("today", "since", now);
  CHECK(today <= now);
  CHECK(now - today < absl::Hours(25));
  CHECK(absl::ToCivilSecond(today, absl::LocalTimeZone()).hour() == 0);
}

TEST_CASE("a future time is a length from now or RFC 3339, and in the future") {
  const absl::Time now = At("2026-03-10T12:00:00Z");
  CHECK(*ParseFuture("1d", "expires", now) == At("2026-03-11T12:00:00Z"));
  CHECK(*ParseFuture("2026-03-10T12:00:01Z", "expires", now) == now + absl::Seconds(1));
  CHECK_FALSE(ParseFuture("2026-03-10T12:00:00Z", "expires", now).ok());
  CHECK_FALSE(ParseFuture("0s", "expires", now).ok());
}

TEST_CASE("what is no time is a usage error that names the flag") {
  for (const char* text : {"", "yesterday", "30", "2026-03-01", "-1d", "1w"}) {
    INFO(text);
    const auto past = ParsePast(text, "since", absl::Now());
    REQUIRE_FALSE(past.ok());
    CHECK(ExitStatusOf(past.status()) == ExitStatus::kUsage);
    CHECK(std::string(past.status().message()).starts_with("--since '"));
    CHECK_FALSE(ParseSpan(text, "ttl").ok());
  }
  CHECK(*ParseSpan("1h30m", "ttl") == absl::Minutes(90));
}

}  // namespace
}  // namespace leasehold
