#include "server/policy/time_window.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

absl::Time At(const std::string& text) {
  absl::Time time;
  std::string error;
  INFO(text << " " << error);
  REQUIRE(absl::ParseTime(absl::RFC3339_full, text, &time, &error));
  return time;
}

TEST_CASE("a time of day is by the clock of its zone", "[policy][when]") {
  struct Row {
    const char* why;
    const char* window;
    const char* time;
    bool inside;
  };
  const Row row = GENERATE(values<Row>({
      {"the start is inside", R"(start: "08:00" end: "18:00" zone: "UTC")", "2026-11-25T08:00:00Z",
       true},
      {"the end is not", R"(start: "08:00" end: "18:00" zone: "UTC")", "2026-11-25T18:00:00Z",
       false},
      {"the last second before it is", R"(start: "08:00" end: "18:00" zone: "UTC")",
       "2026-11-25T17:59:59Z", true},
      {"whole days", R"(zone: "UTC")", "2026-11-25T23:59:59Z", true},
      {"another zone's clock", R"(start: "08:00" end: "09:00" zone: "Asia/Tokyo")",
       "2026-11-24T23:30:00Z", true},
      {"a Wednesday", R"(days: "wed" zone: "UTC")", "2026-11-25T12:00:00Z", true},
      {"not a Tuesday", R"(days: ["mon", "tue"] zone: "UTC")", "2026-11-25T12:00:00Z", false},
      {"a day of the zone, not of UTC", R"(days: "thu" zone: "Asia/Tokyo")", "2026-11-25T18:00:00Z",
       true},
      {"over midnight, before", R"(days: "wed" start: "22:00" end: "06:00" zone: "UTC")",
       "2026-11-25T23:00:00Z", true},
      {"over midnight, after", R"(days: "wed" start: "22:00" end: "06:00" zone: "UTC")",
       "2026-11-26T05:59:00Z", true},
      {"the day is the one on which it starts",
       R"(days: "wed" start: "22:00" end: "06:00" zone: "UTC")", "2026-11-25T05:00:00Z", false},
      {"over the end of a week", R"(days: "sun" start: "22:00" end: "06:00" zone: "UTC")",
       "2026-11-30T05:00:00Z", true},
      // Berlin: on 2026-03-29 at 02:00 the clock goes to 03:00.
      {"summer: 09:30 is 07:30 UTC", R"(start: "09:00" end: "10:00" zone: "Europe/Berlin")",
       "2026-03-29T07:30:00Z", true},
      {"winter: 09:30 is 08:30 UTC", R"(start: "09:00" end: "10:00" zone: "Europe/Berlin")",
       "2026-03-28T08:30:00Z", true},
      {"the hour that is left out: before", R"(start: "02:00" end: "03:00" zone: "Europe/Berlin")",
       "2026-03-29T00:59:59Z", false},
      {"the hour that is left out: after", R"(start: "02:00" end: "03:00" zone: "Europe/Berlin")",
       "2026-03-29T01:00:00Z", false},
      // On 2026-10-25 at 03:00 it goes back to 02:00.
      {"the hour that comes twice: first", R"(start: "02:00" end: "03:00" zone: "Europe/Berlin")",
       "2026-10-25T00:30:00Z", true},
      {"the hour that comes twice: again", R"(start: "02:00" end: "03:00" zone: "Europe/Berlin")",
       "2026-10-25T01:30:00Z", true},
      {"and no third time", R"(start: "02:00" end: "03:00" zone: "Europe/Berlin")",
       "2026-10-25T02:00:00Z", false},
  }));
  INFO(row.why);
  const auto window = TimeWindow::Compile(FromText<v1::TimeWindow>(row.window), "when[0]");
  INFO(window.status().message());
  REQUIRE(window.ok());
  CHECK(window->Contains(At(row.time)) == row.inside);
}

TEST_CASE("a time of day that cannot be meant is refused", "[policy][when]") {
  struct Row {
    const char* window;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {R"(start: "08:00")", "when[0].zone is missing"},
      {R"(zone: "Europe/Atlantis")", "when[0].zone is no time zone"},
      {R"(zone: "Local")", "when[0].zone is no time zone"},
      {R"(zone: "localtime")", "when[0].zone is no time zone"},
      {R"(zone: "file:/etc/localtime")", "when[0].zone is no time zone"},
      {R"(zone: "/usr/share/zoneinfo/UTC")", "when[0].zone is no time zone"},
      {R"(zone: "../zoneinfo/UTC")", "when[0].zone is no time zone"},
      {R"(zone: "UTC" start: "8:00")", "when[0].start is no time of day"},
      {R"(zone: "UTC" start: "24:00")", "when[0].start is no time of day"},
      {R"(zone: "UTC" end: "24:01")", "when[0].end is no time of day"},
      {R"(zone: "UTC" end: "12:60")", "when[0].end is no time of day"},
      {R"(zone: "UTC" start: "08:00" end: "08:00")", "so the window is empty"},
      {R"(zone: "UTC" days: "monday")", "when[0].days[0] is no day"},
      {R"(zone: "UTC" days: ["mon", "Tue"])", "when[0].days[1] is no day"},
  }));
  INFO(row.window);
  const auto window = TimeWindow::Compile(FromText<v1::TimeWindow>(row.window), "when[0]");
  REQUIRE(ReasonOf(window.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(window.status().message()), Catch::Contains(row.message));
}

}  // namespace
}  // namespace leasehold
