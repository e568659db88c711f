#include "server/base/json.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr JsonLimits kLimits = {.bytes_max = 100'000};

absl::StatusOr<JsonValue> Parse(std::string_view text) {
  return JsonValue::Parse(text, kLimits, "value");
}

TEST_CASE("every kind of JSON value is read", "[base][json]") {
  const auto json = Parse(R"( { "n" : null, "t":true,"f":false,
      "i":-12, "d":2.5e1, "s":"a\"b\\\/\b\f\n\r\t", "l":[ ], "o":{ }, "m":[1,[2,{"x":3}]] } )");
  REQUIRE(json.ok());
  REQUIRE(json->is_object());
  CHECK(json->members().size() == 9);
  CHECK(json->members()[3].name == "i");
  CHECK(json->Find("n")->kind() == JsonValue::Kind::kNull);
  CHECK(json->Find("t")->boolean());
  CHECK_FALSE(json->Find("f")->boolean());
  CHECK(json->Find("f")->kind() == JsonValue::Kind::kBool);
  CHECK(json->Find("i")->integer() == -12);
  CHECK(json->Find("d")->number() == 25.0);
  CHECK_FALSE(json->Find("d")->integer().has_value());
  CHECK(json->Find("s")->text() == "a\"b\\/\b\f\n\r\t");
  CHECK(json->Find("l")->is_array());
  CHECK(json->Find("o")->is_object());
  CHECK(json->Find("m")->items()[1].items()[1].Find("x")->integer() == 3);
  CHECK(json->Find("absent") == nullptr);
}

TEST_CASE("escapes of JSON strings become their characters", "[base][json]") {
  struct Row {
    const char* text;
    std::string value;
  };
  const Row row = GENERATE(values<Row>({
      {R"("\u0041\u00e9\u20AC")", "A\xc3\xa9\xe2\x82\xac"},
      {R"("\ud83d\ude00")", "\xf0\x9f\x98\x80"},
      {R"("\udbff\udfff")", "\xf4\x8f\xbf\xbf"},
      {R"("\u0000")", std::string(1, '\0')},
      {"\"\xc3\xa9\xf0\x9f\x98\x80\"", "\xc3\xa9\xf0\x9f\x98\x80"},
  }));
  const auto json = Parse(row.text);
  REQUIRE(json.ok());
  CHECK(json->text() == row.value);
}

TEST_CASE("what two readers of JSON could read differently is refused", "[base][json]") {
  struct Row {
    const char* why;
    std::string text;
  };
  const Row row = GENERATE(values<Row>({
      {"nothing", ""},
      {"space alone", "  "},
      {"two values", "1 2"},
      {"a zero byte behind", std::string("1\0", 2)},
      {"a byte order mark", "\xef\xbb\xbf{}"},
      {"a form feed as space", "\f1"},
      {"a comment", "[1/*x*/]"},
      {"single quotes", "['a']"},
      {"a name without quotes", "{a:1}"},
      {"a comma behind the last", "[1,]"},
      {"a comma behind the last member", "{\"a\":1,}"},
      {"no comma", "[1 2]"},
      {"no colon", "{\"a\" 1}"},
      {"an open array", "[1"},
      {"an open object", "{\"a\":1"},
      {"an open string", "\"a"},
      {"an escape at the end", "\"\\"},
      {"the other bracket", "[1}"},
      {"a word cut short", "tru"},
      {"a longer word", "truex"},
      {"another case", "True"},
      {"NaN", "NaN"},
      {"Infinity", "-Infinity"},
      {"a zero in front", "01"},
      {"a plus", "+1"},
      {"no digit before the point", ".5"},
      {"no digit behind the point", "1."},
      {"no exponent", "1e"},
      {"hexadecimal", "0x10"},
      {"too large for a double", "1e400"},
      {"so small that it would be zero", "1e-400"},
      {"a sign alone", "-"},
      {"a line end in a string", "\"a\nb\""},
      {"a zero byte in a string", std::string("\"a\0b\"", 5)},
      {"an unknown escape", "\"\\x41\""},
      {"three hexadecimal digits", "\"\\u041\""},
      {"a sign among hexadecimal digits", "\"\\u-041\""},
      {"a high surrogate alone", "\"\\ud83d\""},
      {"a high surrogate before a character", "\"\\ud83d\\u0041\""},
      {"a low surrogate alone", "\"\\ude00\""},
      {"an overlong form", "\"\xc0\xaf\""},
      {"a surrogate in UTF-8", "\"\xed\xa0\x80\""},
      {"half a character", "\"\xe2\x82\""},
      {"a name twice", R"({"a":1,"b":2,"a":1})"},
      {"a name twice, once escaped", R"({"sub":1,"s\u0075b":1})"},
      {"a name twice, further inside", R"([{"x":{"a":1,"a":2}}])"},
      {"the empty name twice", R"({"":1,"":2})"},
  }));
  INFO(row.why);
  const auto json = Parse(row.text);
  REQUIRE(ReasonOf(json.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(json.status().message()), Catch::StartsWith("value is not strict JSON: "));
}

TEST_CASE("JSON is limited in bytes and depth", "[base][json]") {
  const auto nested = [](int depth) {
    return StrCat(std::string(depth, '['), std::string(depth, ']'));
  };
  CHECK(Parse(nested(32)).ok());
  CHECK(ReasonOf(Parse(nested(33)).status()) == Reason::kTooLarge);
  CHECK(ReasonOf(Parse(std::string(50'000, '[')).status()) == Reason::kTooLarge);
  // What lies beside each other is not deep.
  CHECK(Parse("[[],[[]],{\"a\":[]},[],[]]").ok());
  CHECK(JsonValue::Parse("[1]", {.bytes_max = 3}, "value").ok());
  CHECK(ReasonOf(JsonValue::Parse("[1]", {.bytes_max = 2}, "value").status()) == Reason::kTooLarge);
}

TEST_CASE("an error about JSON does not quote it", "[base][json]") {
  const auto json = Parse(R"({"hunter2":1,"hunter2":2})");
  CHECK_THAT(std::string(json.status().message()), !Catch::Contains("hunter"));
}

TEST_CASE("a whole number of JSON is one only where it is written so and fits", "[base][json]") {
  CHECK(Parse("9223372036854775807")->integer() == INT64_MAX);
  CHECK_FALSE(Parse("9223372036854775808")->integer().has_value());
  CHECK_FALSE(Parse("7.0")->integer().has_value());
  CHECK_FALSE(Parse("7e0")->integer().has_value());
  CHECK_FALSE(Parse("\"7\"")->integer().has_value());
  CHECK(Parse("-0")->integer() == 0);
  CHECK(Parse("7.50")->text() == "7.50");
}

}  // namespace
}  // namespace leasehold
