#include "server/logging/log_line.h"

#include <catch2/catch.hpp>
#include <limits>
#include <vector>

namespace leasehold {
namespace {

const absl::Time kTime = absl::FromUnixMillis(1'700'000'000'007);

std::string JsonOf(std::string_view message, const std::vector<LogField>& fields = {}) {
  return FormatLogLine(LogFormat::kJson, kTime, LogLevel::kInfo, message, fields);
}

// The part behind the fixed beginning, for tables about values.
std::string JsonValue(const LogField& field) {
  const std::string start = R"({"ts":"2023-11-14T22:13:20.007Z","level":"info","msg":"m","k":)";
  const std::string line = JsonOf("m", {field});
  REQUIRE(line.substr(0, start.size()) == start);
  REQUIRE(line.back() == '}');
  return line.substr(start.size(), line.size() - start.size() - 1);
}

TEST_CASE("a JSON line has time, level, message and the fields in their order", "[logging]") {
  CHECK(JsonOf("served", {{"method", "RenewLease"}, {"entry", 7U}, {"ok", true}}) ==
        R"({"ts":"2023-11-14T22:13:20.007Z","level":"info","msg":"served",)"
        R"("method":"RenewLease","entry":7,"ok":true})");
  CHECK(FormatLogLine(LogFormat::kJson, kTime, LogLevel::kWarning, "", {}) ==
        R"({"ts":"2023-11-14T22:13:20.007Z","level":"warning","msg":""})");
}

TEST_CASE("values keep their type in JSON", "[logging]") {
  CHECK(JsonValue({"k", -5}) == "-5");
  CHECK(JsonValue({"k", std::numeric_limits<uint64_t>::max()}) == "18446744073709551615");
  CHECK(JsonValue({"k", std::numeric_limits<int64_t>::min()}) == "-9223372036854775808");
  CHECK(JsonValue({"k", 0.25}) == "0.25");
  CHECK(JsonValue({"k", absl::Microseconds(1500)}) == "0.0015");
  CHECK(JsonValue({"k", false}) == "false");
  CHECK(JsonValue({"k", std::string("text")}) == R"("text")");
  CHECK(JsonValue({"k", std::numeric_limits<double>::infinity()}) == "null");
  CHECK(JsonValue({"k", std::numeric_limits<double>::quiet_NaN()}) == "null");
}

TEST_CASE("what a caller sends cannot break out of its JSON string", "[logging]") {
  struct Row {
    std::string_view text;
    std::string_view json;
    std::string_view why;
  };
  const Row rows[] = {
      {R"(a"b\c)", R"("a\"b\\c")", "quote and backslash"},
      {"a\nb\rc\td", R"("a\nb\rc\td")", "a second line would be a forged event"},
      {{"\0", 1}, R"("\u0000")", "NUL"},
      {"\x1b[2J\x7f", R"("\u001b[2J\u007f")", "terminal control"},
      {"\xC2\x9B", R"("\u009b")", "the C1 form of ESC ["},
      {"gr\xC3\xBC\xC3\x9F \xF0\x9F\x94\x91", "\"gr\xC3\xBC\xC3\x9F \xF0\x9F\x94\x91\"", "UTF-8"},
      {"\xFF", "\"\xEF\xBF\xBD\"", "never a byte of UTF-8"},
      {"\xC3", "\"\xEF\xBF\xBD\"", "cut off"},
      {"\xC3(", "\"\xEF\xBF\xBD(\"", "no continuation"},
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\"", "overlong"},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", "a surrogate"},
      {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"", "too high"},
  };
  for (const Row& row : rows) {
    INFO(row.why);
    CHECK(JsonValue({"k", row.text}) == row.json);
  }
  CHECK(JsonOf("a\nb").find('\n') == std::string::npos);
}

TEST_CASE("a long text is cut between two characters", "[logging]") {
  const std::string fits(kLogTextBytesMax, 'x');
  CHECK(JsonValue({"k", fits}) == "\"" + fits + "\"");
  CHECK(JsonValue({"k", fits + "y"}) == "\"" + fits + "...\"");
  const std::string before(kLogTextBytesMax - 1, 'x');
  CHECK(JsonValue({"k", before + "\xC3\xBC"}) == "\"" + before + "...\"");
  // A flood of continuation bytes is no character to be spared.
  CHECK(JsonValue({"k", std::string(10 * kLogTextBytesMax, '\x80')}).size() <
        3 * kLogTextBytesMax + 10);
}

TEST_CASE("a text line quotes what could be misread", "[logging]") {
  const std::vector<LogField> fields = {{"reason", "HELD"},   {"lease", "leases/1-2"},
                                        {"why", "two words"}, {"eq", "a=b"},
                                        {"empty", ""},        {"n", 3}};
  const std::string line =
      FormatLogLine(LogFormat::kText, kTime, LogLevel::kError, "no \x1b[2J", fields);
  // The time is the reader's local one.
  CHECK(line.substr(5) ==
        absl::FormatTime("%M:%E3S", kTime, absl::LocalTimeZone()).substr(2) +
            R"( error no \u001b[2J reason=HELD lease=leases/1-2 why="two words" eq="a=b" )"
            R"(empty="" n=3)");
}

}  // namespace
}  // namespace leasehold
