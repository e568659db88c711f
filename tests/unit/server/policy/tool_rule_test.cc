#include "server/policy/tool_rule.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/policy/json_number.h"
#include "tests/unit/server/policy/policy_text.h"

namespace leasehold {
namespace {

JsonValue ParseJson(const std::string& text) {
  auto value = JsonValue::Parse(text, {.bytes_max = 65'536}, "test");
  INFO(value.status().message());
  REQUIRE(value.ok());
  return *std::move(value);
}

TEST_CASE("a pointer finds what RFC 6901 says", "[policy][tools]") {
  const JsonValue document = ParseJson(R"({"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2,
      "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8})");
  struct Row {
    const char* pointer;
    const char* text;
  };
  const Row row = GENERATE(values<Row>({{"/foo/0", "bar"},
                                        {"/", "0"},
                                        {"/a~1b", "1"},
                                        {"/c%d", "2"},
                                        {"/e^f", "3"},
                                        {"/g|h", "4"},
                                        {"/i\\j", "5"},
                                        {"/k\"l", "6"},
                                        {"/ ", "7"},
                                        {"/m~0n", "8"}}));
  INFO(row.pointer);
  const auto pointer = JsonPointer::Parse(row.pointer, "pointer");
  REQUIRE(pointer.ok());
  const JsonValue* found = pointer->FindIn(document);
  REQUIRE(found != nullptr);
  CHECK(found->text() == row.text);
}

TEST_CASE("a pointer to nothing finds nothing", "[policy][tools]") {
  const JsonValue document = ParseJson(R"({"foo": ["bar", "baz"], "n": 1})");
  CHECK(JsonPointer::Parse("", "pointer")->FindIn(document) == &document);
  CHECK(JsonPointer::Parse("/foo", "pointer")->FindIn(document)->is_array());
  for (const char* text : {"/bar", "/foo/2", "/foo/-", "/foo/00", "/foo/01", "/foo/+1", "/foo/ 1",
                           "/foo/0/x", "/n/0", "/foo/99999999999999999999", "/foo/"}) {
    INFO(text);
    CHECK(JsonPointer::Parse(text, "pointer")->FindIn(document) == nullptr);
  }
  for (const char* text : {"foo", "/a~", "/a~2", "/~~0"}) {
    INFO(text);
    CHECK(ReasonOf(JsonPointer::Parse(text, "pointer").status()) == Reason::kInvalidArgument);
  }
  CHECK_FALSE(JsonPointer::Parse("/" + std::string(256, 'a'), "pointer").ok());
}

TEST_CASE("equal numbers have one form and others another", "[policy][tools]") {
  struct Row {
    const char* number;
    const char* form;
  };
  const Row row = GENERATE(values<Row>({{"0", "0"},
                                        {"-0", "0"},
                                        {"0.000e99", "0"},
                                        {"1", "1"},
                                        {"1.0", "1"},
                                        {"10e-1", "1"},
                                        {"0.1e1", "1"},
                                        {"-120", "-120"},
                                        {"1.50", "1.5"},
                                        {"1E3", "1000"},
                                        {"1e20", "100000000000000000000"},
                                        {"1e21", "1e+21"},
                                        {"12.5e20", "1.25e+21"},
                                        {"0.000001", "0.000001"},
                                        {"1e-7", "1e-7"},
                                        {"-1.25e-9", "-1.25e-9"},
                                        // One more than a double can tell from its neighbour.
                                        {"9007199254740993", "9007199254740993"},
                                        {"9007199254740993.0", "9007199254740993"},
                                        {"1e-99999999999999999999", "1e-2305843009213693951"}}));
  CHECK(ShortestNumber(row.number) == row.form);
}

ToolArguments Arguments(const std::string& json) {
  auto arguments = ToolArguments::Parse(json);
  INFO(arguments.status().message());
  REQUIRE(arguments.ok());
  return *std::move(arguments);
}

TEST_CASE("a condition on an argument holds for what it says alone", "[policy][tools]") {
  struct Row {
    const char* rule;
    const char* json;  // of the argument /a
    bool holds;
  };
  const Row row = GENERATE(values<Row>({
      {R"(equals: "acme")", R"("acme")", true},
      {R"(equals: "acme")", R"("acme ")", false},
      {R"(equals: "acme")", R"("acm\u0065")", true},
      {R"(equals: "acme")", R"("acme\u0000")", false},
      {R"(equals: "7")", "7", true},
      {R"(equals: "7")", "7.0", true},
      {R"(equals: "7")", R"("7")", true},
      {R"(equals: "7")", R"("7.0")", false},
      {R"(equals: "9007199254740992")", "9007199254740993", false},
      {R"(equals: "true")", "true", true},
      {R"(equals: "null")", "null", false},
      {R"(equals: "acme")", R"(["acme"])", false},
      {R"(equals: "acme")", R"({"acme": "acme"})", false},
      {R"(one_of: ["a", "2"])", "2", true},
      {R"(one_of: ["a", "2"])", R"("b")", false},
      {R"(one_of: "")", R"("")", true},
      {R"(prefix: "ac")", R"("acme")", true},
      {R"(prefix: "ac")", R"("bac")", false},
      {R"(prefix: "1")", "12", false},
      {R"(matches: "a+")", R"("aaa")", true},
      {R"(matches: "a+")", R"("aaab")", false},
      {R"(matches: "a+")", R"("aaa\n")", false},
      {R"(matches: "a+")", R"("aaa\u0000")", false},
      {R"(matches: ".*")", "1", false},
  }));
  INFO(row.rule << " on " << row.json);
  size_t expressions = 0;
  const auto condition = ArgumentCondition::Compile("/a", FromText<v1::ArgumentRule>(row.rule),
                                                    "args[/a]", &expressions);
  INFO(condition.status().message());
  REQUIRE(condition.ok());
  CHECK(condition->Holds(Arguments(StrCat("{\"a\": ", row.json, "}"))) == row.holds);
  CHECK_FALSE(condition->Holds(Arguments("{\"b\": \"acme\"}")));
}

TEST_CASE("arguments that two readers could take for different ones are refused",
          "[policy][tools]") {
  for (const char* json :
       {R"({"a": 1, "a": 2})", R"({"a": {"b": 1, "b": 2}})", "[1]", "7", "", R"({"a": 1} {"a": 2})",
        R"({"a": 01})", R"({"a": NaN})", "{\"a\": \"\xff\"}"}) {
    INFO(json);
    CHECK(ReasonOf(ToolArguments::Parse(json).status()) == Reason::kInvalidArgument);
  }
  std::string deep;
  for (int i = 0; i < 40; ++i) deep += R"({"a":)";
  CHECK_FALSE(ToolArguments::Parse(deep + "1" + std::string(40, '}')).ok());
  CHECK_FALSE(ToolArguments::Parse("{\"a\": \"" + std::string(65'536, 'x') + "\"}").ok());
}

TEST_CASE("a tool that cannot be meant is refused", "[policy][tools]") {
  struct Row {
    const char* tool;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"", "tools[0].name"},
      {R"(name: "x" args { key: "" value { equals: "a" } })", "is empty; write for example /owner"},
      {R"(name: "x" args { key: "a" value { equals: "a" } })", "is no JSON pointer"},
      {R"(name: "x" args { key: "/a" value { } })", "has not exactly one of equals"},
      {R"(name: "x" args { key: "/a" value { equals: "a" prefix: "b" } })",
       "has not exactly one of equals"},
      {R"(name: "x" args { key: "/a" value { matches: "(" } })", "is no RE2 expression"},
      {R"(name: "x" args { key: "/a" value { matches: "(a)\\1" } })", "is no RE2 expression"},
      {R"(name: "x" args { key: "/a" value { matches: "((a{1,30}){1,30}){1,30}" } })", "RE2"},
      {R"(name: "x" args { key: "/a" value { matches: "\\pL{600}" } })", "too large"},
  }));
  INFO(row.tool);
  size_t expressions = 0;
  const auto tool =
      CompiledTool::Compile(FromText<v1::ToolRule>(row.tool), "tools[0]", &expressions);
  REQUIRE(ReasonOf(tool.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(tool.status().message()), Catch::Contains(row.message));
}

}  // namespace
}  // namespace leasehold
