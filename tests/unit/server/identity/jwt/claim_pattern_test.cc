#include "server/identity/jwt/claim_pattern.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"

namespace leasehold {

TEST_CASE("a claim's pattern has to match the whole text") {
  const auto pattern =
      ClaimPattern::Compile("repo:(?P<owner>[a-z]+)/(?P<name>[a-z]+)(:(?P<ref>x))?");
  REQUIRE(pattern.ok());
  Captures captures;
  REQUIRE(pattern->Match("repo:acme/site", &captures));
  CHECK(captures == Captures{{"name", "site"}, {"owner", "acme"}, {"ref", ""}});
  CHECK_FALSE(pattern->Match("repo:acme/site2", &captures));
  CHECK_FALSE(pattern->Match("xrepo:acme/site", &captures));
  CHECK_FALSE(pattern->Match("repo:acme/site\n", &captures));
  CHECK_FALSE(pattern->Match(std::string("repo:acme/site\0x", 16), &captures));
  const auto either = ClaimPattern::Compile("a|b");
  REQUIRE(either.ok());
  CHECK_FALSE(either->Match("ab", &captures));
}

TEST_CASE("what is no pattern, or would take much memory, is refused") {
  const std::string text = GENERATE(as<std::string>{}, "(", "a{1001}", "(?<name>a)", "\\1",
                                    std::string(1025, 'a'), "((((a{100}){100}){100}){100})");
  CHECK(ReasonOf(ClaimPattern::Compile(text).status()) == Reason::kConfigInvalid);
}

TEST_CASE("a template is filled with captures") {
  const auto parsed = CaptureTemplate::Parse("ci/{owner}/{name}-x", {"owner", "name"});
  REQUIRE(parsed.ok());
  CHECK(parsed->Fill({{"owner", "acme"}, {"name", "site"}}) == "ci/acme/site-x");
  for (const char* wrong : {"{", "}", "a{owner", "{other}", "{}", "{owner}}"}) {
    CAPTURE(wrong);
    CHECK(ReasonOf(CaptureTemplate::Parse(wrong, {"owner"}).status()) == Reason::kConfigInvalid);
  }
}

// The document and the pointers of RFC 6901 section 5.
TEST_CASE("a claim is found by name, or where it begins with a slash by JSON pointer") {
  const auto json = JsonValue::Parse(
      R"({"foo":["bar","baz"],"":0,"a/b":1,"c%d":2,"e^f":3,"g|h":4,"i\\j":5,"k\"l":6," ":7,"m~n":8})",
      {.bytes_max = 1000}, "claims");
  REQUIRE(json.ok());
  struct Row {
    const char* pointer;
    int value;
  };
  for (const Row& row : std::initializer_list<Row>{{"/", 0},
                                                   {"/a~1b", 1},
                                                   {"/c%d", 2},
                                                   {"/e^f", 3},
                                                   {"/g|h", 4},
                                                   {"/i\\j", 5},
                                                   {"/k\"l", 6},
                                                   {"/ ", 7},
                                                   {"/m~0n", 8},
                                                   {"a/b", 1},
                                                   {"m~n", 8},
                                                   {"", 0}}) {
    CAPTURE(row.pointer);
    const JsonValue* const found = FindClaim(*json, row.pointer);
    REQUIRE(found != nullptr);
    CHECK(found->integer() == row.value);
  }
  CHECK(FindClaim(*json, "/foo")->is_array());
  CHECK(FindClaim(*json, "/foo/0")->text() == "bar");
  for (const char* nothing : {"/foo/2", "/foo/01", "/foo/-", "/foo/-1", "/foo/0/0", "/x", "x",
                              "/m~n", "/m~2n", "/m~", "//"}) {
    CAPTURE(nothing);
    CHECK(FindClaim(*json, nothing) == nullptr);
  }
}

}  // namespace leasehold
