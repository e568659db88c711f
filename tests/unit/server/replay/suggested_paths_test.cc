#include "server/replay/suggested_paths.h"

#include <catch2/catch.hpp>

#include "server/base/str_cat.h"

namespace leasehold {
namespace {

using Paths = std::vector<std::string>;

CompiledRule RuleOf(const Paths& paths) {
  CompiledRule rule;
  for (const std::string& path : paths) {
    rule.paths.push_back(*PathPattern::Parse(path, "a path"));
  }
  return rule;
}

// FOLDER/1 ... FOLDER/n and what stands behind.
std::set<std::string> Numbered(const std::string& folder, int n, const std::string& end = "") {
  std::set<std::string> paths;
  for (int i = 1; i <= n; ++i) paths.insert(StrCat(folder, "/", i, end));
  return paths;
}

std::set<std::string> operator+(std::set<std::string> a, const std::set<std::string>& b) {
  a.insert(b.begin(), b.end());
  return a;
}

TEST_CASE("used paths stand for themselves until more than ten share a folder") {
  struct Row {
    std::set<std::string> used;
    Paths rule;
    Paths want;
  };
  const Row row = GENERATE(values<Row>({
      {{"/a", "/b/c"}, {}, {"/a", "/b/c"}},
      {{"/a/x", "/a/**"}, {}, {"/a/**"}},
      {{"/**", "/a"}, {}, {}},
      {Numbered("/a", 3), {"/a/*"}, {"/a/1", "/a/2", "/a/3"}},
      {Numbered("/a/b", 11), {}, {"/a/b/**"}},
      {Numbered("/a/b", 11), {"/a/**"}, {"/a/b/**"}},
      // The deepest folder, and each for itself.
      {Numbered("/a/b", 11) + Numbered("/a/c", 2), {}, {"/a/b/**", "/a/c/1", "/a/c/2"}},
      {Numbered("/a/b", 6) + Numbered("/a/c", 6), {}, {"/a/**"}},
      {Numbered("/a", 11, "/x"), {}, {"/a/**"}},
      // "/" is no folder.
      {{"/1", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9", "/10", "/11"},
       {},
       {"/1", "/10", "/11", "/2", "/3", "/4", "/5", "/6", "/7", "/8", "/9"}},
      // Never more than the rule allows.
      {Numbered("/a", 300, "/x"), {"/a/*/x"}, {"/a/*/x"}},
      {{"/" + std::string(600, 'a')}, {"/*"}, {"/*"}},
      {{"/" + std::string(600, 'a')}, {}, {}},
  }));
  CHECK(SuggestedPaths(row.used, RuleOf(row.rule)) == row.want);
}

TEST_CASE(
    "ten paths of a folder are a list, and one pattern only where the rule allows all of it") {
  CHECK(SuggestedPaths(Numbered("/a", 10), RuleOf({})).size() == 10);
  CHECK(SuggestedPaths(Numbered("/a", 11, "/x"), RuleOf({"/a/*/x"})).size() == 11);
}

}  // namespace
}  // namespace leasehold
