#include "server/policy/http_path.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "server/base/status.h"
#include "tests/unit/server/policy/naive_policies.h"

namespace leasehold {
namespace {

TEST_CASE("a path that has its one spelling is canonical", "[policy][path]") {
  const std::string path =
      GENERATE(as<std::string>{}, "/", "/a", "/a/", "/repos/acme/x/issues", "/a.b", "/...", "/..a",
               "/a:b@c", "/!$&'()*+,;=", "/caf%C3%A9", "/a%20b", "/a%25b", "/~user",
               "/" + std::string(kPathBytesMax - 1, 'a'));
  CHECK(PathOffence(path) == "");
  CHECK(IsCanonicalPath(path));
}

TEST_CASE("a path with another spelling, or read differently by servers, is not canonical",
          "[policy][path]") {
  struct Row {
    const char* why;
    std::string path;
    const char* offence;
  };
  const Row row = GENERATE(values<Row>({
      {"empty", "", "start with '/'"},
      {"relative", "a/b", "start with '/'"},
      {"the asterisk form", "*", "start with '/'"},
      {"an absolute URL", "http://a/b", "start with '/'"},
      {"two slashes", "/a//b", "'//'"},
      {"two slashes in front", "//a", "'//'"},
      {"two slashes behind", "/a//", "'//'"},
      {"the folder above", "/a/../b", "'..'"},
      {"the folder above, at the end", "/a/..", "'..'"},
      {"the folder itself", "/./a", "'.'"},
      {"an encoded slash", "/a%2Fb", "encoded slash"},
      {"an encoded slash in small digits", "/a%2fb", "capitals"},
      {"an encoded backslash", "/a%5Cb", "encoded slash"},
      {"a backslash", "/a\\b", "percent-encoded"},
      {"encoded dots", "/a/%2E%2E/b", "needs no encoding"},
      {"an encoded letter", "/%61cme", "needs no encoding"},
      {"an encoded zero byte", "/a%00", "control character"},
      {"an encoded line end", "/a%0Ab", "control character"},
      {"an encoded DEL", "/a%7F", "control character"},
      {"a lone percent sign", "/a%", "two hex digits"},
      {"half an encoding", "/a%4", "two hex digits"},
      {"no hex digits", "/a%zz", "two hex digits"},
      {"a query", "/a?b", "query"},
      {"a fragment", "/a#b", "query"},
      {"a blank", "/a b", "percent-encoded"},
      {"a zero byte", std::string("/a\0b", 4), "percent-encoded"},
      {"a letter above ASCII", "/caf\xc3\xa9", "percent-encoded"},
      {"matrix parameters cannot hide dots", "/a/..%3B/b/..", "'..'"},
      {"dots with parameters, which servlets drop", "/api/..;/admin", "with parameters"},
      {"dots with a parameter's value", "/api/..;x=1/admin", "with parameters"},
      {"dots with encoded parameters", "/api/..%3B/admin", "with parameters"},
      {"a dot with parameters", "/api/.;/admin", "with parameters"},
      {"a doubly encoded slash", "/a%252Fb", "doubly encoded"},
      {"a doubly encoded dot", "/a/%252e%252e/b", "doubly encoded"},
      {"8193 bytes", "/" + std::string(kPathBytesMax, 'a'), "longer than 8192"},
  }));
  INFO(row.why);
  CHECK_THAT(std::string(PathOffence(row.path)), Catch::Contains(row.offence));
  CHECK_FALSE(IsCanonicalPath(row.path));
}

TEST_CASE("a path pattern matches whole segments", "[policy][path]") {
  struct Row {
    const char* pattern;
    const char* path;
    bool matches;
  };
  const Row row = GENERATE(values<Row>({
      {"/a", "/a", true},
      {"/a", "/A", false},
      {"/a", "/a/", false},
      {"/a/", "/a/", true},
      {"/a/", "/a", false},
      {"/a", "/ab", false},
      {"/", "/", true},
      {"/", "/a", false},
      {"/*", "/a", true},
      {"/*", "/", false},  // a star alone is at least one character
      {"/*", "/a/b", false},
      {"/*", "/a/", false},
      {"/a*", "/a", true},
      {"/a*b", "/ab", true},
      {"/a*b", "/axbxb", true},
      {"/a*b", "/axbx", false},
      {"/a*b*c", "/a1b2b3c", true},
      {"/*/issues", "/x/issues", true},
      {"/*/issues", "/x/y/issues", false},
      {"/**", "/", true},
      {"/**", "/a", true},
      {"/**", "/a/b/c/", true},
      {"/repos/acme/**", "/repos/acme", true},
      {"/repos/acme/**", "/repos/acme/", true},
      {"/repos/acme/**", "/repos/acme/x/issues", true},
      {"/repos/acme/**", "/repos/acme-evil/x", false},
      {"/repos/acme/**", "/repos", false},
      {"/**/issues", "/issues", true},
      {"/**/issues", "/a/b/issues", true},
      {"/**/issues", "/a/issues/b", false},
      {"/a/**/z", "/a/z", true},
      {"/a/**/z", "/a/z/y/z", true},
      {"/a/**/z", "/a/z/y", false},
      {"/a/**/**/z", "/a/z", true},
      {"/a/**/", "/a/b/", true},
      {"/a/**/", "/a/b", false},
      {"/**/b/**/c", "/b/b/x/c", true},
      {"/caf%C3%A9", "/caf%C3%A9", true},
  }));
  INFO(row.pattern << " against " << row.path);
  const auto pattern = PathPattern::Parse(row.pattern, "paths[0]");
  REQUIRE(pattern.ok());
  CHECK(pattern->value() == row.pattern);
  CHECK(pattern->Matches(row.path) == row.matches);
}

TEST_CASE("a path pattern that no canonical path could match is refused", "[policy][path]") {
  const std::string text = GENERATE(
      as<std::string>{}, "", "a", "*", "**", "/a//b", "/a/../b", "/./**", "/a%2fb", "/a%2Fb",
      "/a?x=1", "/a#b", "/***", "/a**", "/**b", "/a b", "/%", "/" + std::string(512, 'a'),
      "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21/22/23/24/25/26/27/28/29/30/31/32/33");
  INFO(text);
  const auto pattern = PathPattern::Parse(text, "allow[0].paths[1]");
  REQUIRE(ReasonOf(pattern.status()) == Reason::kInvalidArgument);
  CHECK_THAT(std::string(pattern.status().message()), Catch::StartsWith("allow[0].paths[1] "));
}

// Few characters, so that much matches.
std::string RandomPath(std::mt19937_64* random, const std::vector<std::string>& segments) {
  std::string path;
  const size_t count = 1 + (*random)() % 6;
  for (size_t i = 0; i < count; ++i) path += "/" + segments[(*random)() % segments.size()];
  return path;
}

TEST_CASE("path patterns agree with a naive matcher", "[policy][path]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  size_t matched = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::string text =
        RandomPath(&random, {"a", "b", "ab", "*", "**", "a*", "*b", "*a*", "**"});
    std::string path = RandomPath(&random, {"a", "b", "ab", "ba", "aab"});
    if (random() % 8 == 0) path += "/";
    const auto pattern = PathPattern::Parse(text, "pattern");
    REQUIRE(pattern.ok());
    INFO(text << " against " << path);
    const bool expected = NaivePathMatches(text, path);
    matched += expected ? 1 : 0;
    REQUIRE(pattern->Matches(path) == expected);
  }
  CHECK(matched > 10'000);
}

TEST_CASE("what two path patterns have in common", "[policy][path]") {
  struct Row {
    const char* first;
    const char* second;
    bool contains;
    bool overlaps;
  };
  const Row row = GENERATE(values<Row>({
      {"/a", "/a", true, true},
      {"/a", "/b", false, false},
      {"/**", "/a/*/c", true, true},
      {"/a/*/c", "/**", false, true},
      {"/repos/**", "/repos", true, true},
      {"/repos/**", "/repos/acme/**", true, true},
      {"/repos/acme/**", "/repos/**", false, true},
      {"/repos/acme/**", "/repos/other/**", false, false},
      {"/repos/*", "/repos/a*", true, true},
      {"/repos/a*", "/repos/*", false, true},
      {"/repos/a*", "/repos/b*", false, false},
      {"/repos/*x", "/repos/*y", false, false},
      {"/*", "/a/b", false, false},
      {"/*", "/", false, false},
      {"/**/c", "/a/**/c", true, true},
      {"/a/**/c", "/b/**", false, false},
      {"/a/*/**", "/a/**", false, true},
  }));
  INFO(row.first << " and " << row.second);
  const auto first = PathPattern::Parse(row.first, "first");
  const auto second = PathPattern::Parse(row.second, "second");
  REQUIRE(first.ok());
  REQUIRE(second.ok());
  CHECK(first->Contains(*second) == row.contains);
  CHECK(first->Overlaps(*second) == row.overlaps);
  CHECK(second->Overlaps(*first) == row.overlaps);
}

TEST_CASE("no path contradicts what is said of two path patterns", "[policy][path]") {
  const auto seed = std::random_device()();
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  const std::vector<std::string> parts = {"a", "b", "ab", "*", "**", "a*", "*b", "*a*"};
  size_t contained = 0;
  size_t apart = 0;
  for (int i = 0; i < 100'000; ++i) {
    const auto first = PathPattern::Parse(RandomPath(&random, parts), "first");
    const auto second = PathPattern::Parse(RandomPath(&random, parts), "second");
    std::string path = RandomPath(&random, {"a", "b", "ab", "ba", "aab"});
    if (random() % 8 == 0) path += "/";
    INFO(first->value() << " and " << second->value() << " with " << path);
    const bool contains = first->Contains(*second);
    const bool overlaps = first->Overlaps(*second);
    contained += contains ? 1 : 0;
    apart += overlaps ? 0 : 1;
    if (contains && second->Matches(path)) REQUIRE(first->Matches(path));
    if (first->Matches(path) && second->Matches(path)) REQUIRE(overlaps);
  }
  CHECK(contained > 2'000);
  CHECK(apart > 2'000);
}

}  // namespace
}  // namespace leasehold
