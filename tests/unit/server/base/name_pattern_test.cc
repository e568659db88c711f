#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/crypto_bytes.h"
#include "server/base/name.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

TEST_CASE("a pattern matches whole names by segments", "[base][name_pattern]") {
  struct Row {
    std::string pattern;
    std::string name;
    bool matches;
  };
  const Row row = GENERATE(values<Row>({
      {"github/pat", "github/pat", true},
      {"github/pat", "github/pat2", false},
      {"github/pat", "github", false},
      {"github", "github/pat", false},
      {"*", "github", true},
      {"*", "github/pat", false},
      {"github/*", "github/pat", true},
      {"github/*", "github", false},
      {"github/*", "github/a/b", false},
      {"*/pat", "github/pat", true},
      {"**", "a", true},
      {"**", "a/b/c/d/e/f/g/h", true},
      {"prod/**", "prod", true},
      {"prod/**", "prod/a", true},
      {"prod/**", "prod/a/b", true},
      {"prod/**", "prod2", false},
      {"prod/**", "production/a", false},
      {"**/pat", "pat", true},
      {"**/pat", "a/b/pat", true},
      {"**/pat", "a/b/pat/c", false},
      {"a/**/z", "a/z", true},
      {"a/**/z", "a/b/c/z", true},
      {"a/**/z", "a/b/c", false},
      {"**/a/**", "x/a/y", true},
      {"**/a/**", "x/y", false},
      // The first "b" is not the one to stop at.
      {"a/**/b/c", "a/b/b/c", true},
      {"**/**", "a", true},
      {"support-*", "support-bot", true},
      {"support*", "support", true},
      {"support-*", "support", false},
      {"support-*", "support-a/b", false},
      {"*-bot", "support-bot", true},
      {"a*c", "ac", true},
      {"a*c", "abbc", true},
      {"a*b*c", "axbxbxc", true},
      {"a*b*c", "axxc", false},
  }));
  INFO(row.pattern << " on " << row.name);
  const absl::StatusOr<NamePattern> pattern = NamePattern::Parse(row.pattern, "pattern");
  REQUIRE(pattern.ok());
  CHECK(pattern->Matches(row.name) == row.matches);
}

TEST_CASE("a pattern that could match no name is refused", "[base][name_pattern]") {
  struct Row {
    std::string pattern;
    const char* message;
  };
  const Row row = GENERATE(values<Row>({
      {"", "is empty"},
      {"/a", "empty segment"},
      {"a/", "empty segment"},
      {"a//b", "empty segment"},
      {"**/", "empty segment"},
      {"/**", "empty segment"},
      {"A*", "has 'A'"},
      {"a/?", "has '?'"},
      {"-*", "'-' at an end"},
      {"*.", "'.' at an end"},
      {"a**", "'**' beside other characters"},
      {"***", "'**' beside other characters"},
      {"a/*/b/*/c/*/d/*/e", "has 9 segments"},
      {StrCat(std::string(65, 'a'), "*"), "has a segment of 65 bytes"},
      {std::string(257, 'a'), "has 257 bytes; at most 256"},
  }));
  INFO(row.pattern);
  const absl::Status status = NamePattern::Parse(row.pattern, "secret pattern").status();
  REQUIRE(ReasonOf(status) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(status.message()),
             Catch::Contains("secret pattern") && Catch::Contains(row.message));
}

TEST_CASE("a pattern at the edge of what a name may be is accepted", "[base][name_pattern]") {
  const std::string text = GENERATE(as<std::string>{}, "*", "**", "*-*", "a/*/b/*/c/*/d/*",
                                    "**/a/**/b/**/c", StrCat(std::string(64, 'a'), "*"));
  INFO(text);
  CHECK(NamePattern::Parse(text, "pattern").ok());
}

TEST_CASE("a literal pattern is one name", "[base][name_pattern]") {
  CHECK(NamePattern::Parse("a/b", "pattern")->IsLiteral());
  CHECK_FALSE(NamePattern::Parse("a/*", "pattern")->IsLiteral());
  CHECK_FALSE(NamePattern::Parse("a/**", "pattern")->IsLiteral());
  CHECK_FALSE(NamePattern::Parse("a/b*", "pattern")->IsLiteral());
  CHECK(NamePattern::Parse("a/b*", "pattern")->value() == "a/b*");
}

// The definition, written as plainly as it can be: try everything.
bool NaiveSegment(std::string_view pattern, std::string_view text) {
  if (pattern.empty()) return text.empty();
  if (pattern[0] != '*') {
    return !text.empty() && text[0] == pattern[0] &&
           NaiveSegment(pattern.substr(1), text.substr(1));
  }
  for (size_t n = 0; n <= text.size(); ++n) {
    if (NaiveSegment(pattern.substr(1), text.substr(n))) return true;
  }
  return false;
}

bool NaiveSegments(const std::vector<std::string>& pattern, size_t p,
                   const std::vector<std::string>& name, size_t n) {
  if (p == pattern.size()) return n == name.size();
  if (pattern[p] == "**") {
    for (size_t next = n; next <= name.size(); ++next) {
      if (NaiveSegments(pattern, p + 1, name, next)) return true;
    }
    return false;
  }
  return n < name.size() && NaiveSegment(pattern[p], name[n]) &&
         NaiveSegments(pattern, p + 1, name, n + 1);
}

std::string Join(const std::vector<std::string>& segments) {
  std::string out;
  for (const std::string& segment : segments) {
    if (!out.empty()) out += '/';
    out += segment;
  }
  return out;
}

TEST_CASE("matching agrees with the definition on random patterns and names",
          "[base][name_pattern]") {
  const uint64_t seed = RandomNonZero64();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const auto below = [&random](size_t n) { return static_cast<size_t>(random() % n); };
  const std::vector<std::string> pattern_segments = {"a",  "b",  "ab",  "*",   "**",
                                                     "a*", "*b", "a*b", "*a*", "b*a*b"};
  const std::vector<std::string> name_segments = {"a", "b", "ab", "ba", "aab", "bab", "baab"};
  int matched = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::vector<std::string> pattern(1 + below(5));
    for (std::string& segment : pattern) segment = pattern_segments[below(pattern_segments.size())];
    std::vector<std::string> name(1 + below(6));
    for (std::string& segment : name) segment = name_segments[below(name_segments.size())];
    const absl::StatusOr<NamePattern> parsed = NamePattern::Parse(Join(pattern), "pattern");
    INFO(Join(pattern) << " on " << Join(name));
    REQUIRE(parsed.ok());
    const bool expected = NaiveSegments(pattern, 0, name, 0);
    REQUIRE(parsed->Matches(Join(name)) == expected);
    matched += expected ? 1 : 0;
  }
  // The property says nothing where all rounds end the same way.
  CHECK(matched > 1000);
  CHECK(matched < 19'000);
}

}  // namespace
}  // namespace leasehold
