#include "server/base/name.h"

#include <catch2/catch.hpp>
#include <string>

#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

std::string Repeat(const std::string& piece, size_t times, const std::string& between = "") {
  std::string out;
  for (size_t i = 0; i < times; ++i) StrAppend(&out, i == 0 ? "" : between, piece);
  return out;
}

TEST_CASE("a canonical name is kept as it is", "[base][name]") {
  const std::string text =
      GENERATE(as<std::string>{}, "a", "7", "support-bot", "github/readonly-pat", "a.b_c-d", "a..b",
               "a--b", "0/1/2/3/4/5/6/7", std::string(64, 'a'));
  const absl::StatusOr<Name> name = Name::Parse(text);
  REQUIRE(name.ok());
  CHECK(name->value() == text);
}

TEST_CASE("what is not canonical is rejected, never normalised", "[base][name]") {
  struct Row {
    const char* why;
    std::string text;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"empty", "", "secret name is empty"},
      {"a slash alone", "/", "empty segment"},
      {"a slash in front", "/a", "empty segment"},
      {"a slash behind", "a/", "empty segment"},
      {"two slashes", "a//b", "empty segment"},
      {"the folder itself", "a/./b", "'.' at an end"},
      {"the folder above", "a/../b", "'.' at an end"},
      {"a dash in front", "-a", "'-' at an end"},
      {"a dot behind", "a.", "'.' at an end"},
      {"an underscore as a segment", "a/_", "'_' at an end"},
      {"upper case", "GitHub/pat", "has 'G'"},
      {"a space", "a b", "has byte 0x20"},
      {"a line end", "a\n", "has byte 0x0a"},
      {"a zero byte", std::string("a\0b", 3), "has byte 0x00"},
      {"a letter that only looks like one of ours", "p\xd0\xb0t", "has byte 0xd0"},
      {"an escape", "a%2fb", "has '%'"},
      {"a backslash", "a\\b", "has '\\'"},
      {"a wildcard", "a/*", "has '*'"},
      {"a segment of 65 bytes", std::string(65, 'a'), "has a segment of 65 bytes; at most 64"},
      {"nine segments", "1/2/3/4/5/6/7/8/9", "has 9 segments; at most 8"},
      {"201 bytes", StrCat(Repeat(std::string(49, 'a'), 4, "/"), "/b"),
       "has 201 bytes; at most 200"},
  }));
  INFO(row.why);
  const absl::StatusOr<Name> name = Name::Parse(row.text, "secret name");
  REQUIRE(ReasonOf(name.status()) == Reason::kInvalidArgument);
  CHECK(name.status().code() == absl::StatusCode::kInvalidArgument);
  CHECK_THAT(std::string(name.status().message()),
             Catch::StartsWith("secret name ") && Catch::Contains(row.message));
}

TEST_CASE("a name may have exactly 200 bytes", "[base][name]") {
  const std::string text = Repeat(std::string(49, 'a'), 4, "/") + "b";
  REQUIRE(text.size() == 200);
  CHECK(Name::Parse(text).ok());
}

TEST_CASE("a resource name is its collection and a name", "[base][name]") {
  const absl::StatusOr<Name> name = Name::ParseResource("secrets/github/pat", "secrets/");
  REQUIRE(name.ok());
  CHECK(name->value() == "github/pat");

  const std::string bad =
      GENERATE(as<std::string>{}, "", "secrets", "secrets/", "agents/github/pat", "github/pat",
               "secrets//pat", "Secrets/pat");
  INFO(bad);
  CHECK(ReasonOf(Name::ParseResource(bad, "secrets/").status()) == Reason::kInvalidArgument);
}

TEST_CASE("names are ordered and compared by their bytes", "[base][name]") {
  CHECK(Name::Parse("a").value() < Name::Parse("b").value());
  CHECK(Name::Parse("a/b").value() == Name::Parse("a/b").value());
  CHECK(Name::Parse("a/b").value() != Name::Parse("a-b").value());
}

}  // namespace
}  // namespace leasehold
