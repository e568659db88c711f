#include <catch2/catch.hpp>
#include <string>

#include "server/base/name.h"
#include "server/base/status.h"

namespace leasehold {
namespace {

TEST_CASE("a text keeps its bytes exactly", "[base][text]") {
  const std::string text =
      GENERATE(as<std::string>{}, "x", " spaces at both ends ", "alice@example.com",
               "spiffe://example.org/ns/prod/sa/bot", "/Repos/Acme?q=1", "Zo\xc3\xab",
               "Zoe\xcc\x88", "\xc2\xa0", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
               "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", std::string(1024, 'x'));
  const absl::StatusOr<Text> parsed = Text::Parse(text, "user");
  REQUIRE(parsed.ok());
  CHECK(parsed->value() == text);
}

TEST_CASE("a text is neither empty, nor long, nor broken, nor holds control characters",
          "[base][text]") {
  struct Row {
    const char* why;
    std::string text;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"empty", "", "is empty"},
      {"1,025 bytes", std::string(1025, 'x'), "has 1025 bytes; at most 1024"},
      {"a zero byte", std::string("a\0b", 3), "control character at byte 1"},
      {"a line end", "a\nb", "control character at byte 1"},
      {"a tab", "\t", "control character at byte 0"},
      {"an escape sequence", "ab\x1b[31m", "control character at byte 2"},
      {"DEL", "\x7f", "control character at byte 0"},
      {"the first of C1", "\xc2\x80", "control character at byte 0"},
      {"the last of C1", "\xc2\x9f", "control character at byte 0"},
      {"a continuation byte alone", "ab\x80", "not UTF-8 at byte 2"},
      {"a start byte alone", "\xc3", "not UTF-8 at byte 0"},
      {"two of three bytes", "\xe2\x82", "not UTF-8 at byte 0"},
      {"three of four bytes", "\xf0\x9f\x98", "not UTF-8 at byte 0"},
      {"no continuation", "\xc3(", "not UTF-8 at byte 0"},
      {"'/' in two bytes", "\xc0\xaf", "not UTF-8 at byte 0"},
      {"the largest overlong form of two bytes", "\xc1\xbf", "not UTF-8 at byte 0"},
      {"overlong, three bytes", "\xe0\x9f\xbf", "not UTF-8 at byte 0"},
      {"overlong, four bytes", "\xf0\x8f\xbf\xbf", "not UTF-8 at byte 0"},
      {"the first surrogate", "\xed\xa0\x80", "not UTF-8 at byte 0"},
      {"the last surrogate", "\xed\xbf\xbf", "not UTF-8 at byte 0"},
      {"above U+10FFFF", "\xf4\x90\x80\x80", "not UTF-8 at byte 0"},
      {"a byte that never occurs", "\xff", "not UTF-8 at byte 0"},
      {"a start byte of five", "\xf8\x88\x80\x80\x80", "not UTF-8 at byte 0"},
  }));
  INFO(row.why);
  const absl::StatusOr<Text> parsed = Text::Parse(row.text, "reason");
  REQUIRE(ReasonOf(parsed.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(parsed.status().message()),
             Catch::StartsWith("reason ") && Catch::Contains(row.message));
}

TEST_CASE("an error about a text does not quote it", "[base][text]") {
  const absl::Status status = Text::Parse("mistaken-paste\n", "reason").status();
  CHECK_THAT(std::string(status.message()), !Catch::Contains("mistaken"));
}

}  // namespace
}  // namespace leasehold
