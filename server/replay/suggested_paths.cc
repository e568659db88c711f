#include "server/replay/suggested_paths.h"

#include <algorithm>
#include <map>
#include <string_view>

#include "server/base/str_cat.h"
#include "server/policy/policy_limits.h"

namespace leasehold {
namespace {

constexpr std::string_view kBelow = "/**";

// Whether `rule` allows every path of `pattern`.
bool AllowsAll(const CompiledRule& rule, const PathPattern& pattern) {
  return rule.paths.empty() ||
         std::any_of(rule.paths.begin(), rule.paths.end(),
                     [&](const PathPattern& path) { return path.Contains(pattern); });
}

// The first `depth` segments; empty where there is nothing behind them.
std::string FolderOf(const std::string& path, size_t depth) {
  size_t end = 0;
  for (size_t i = 0; i < depth; ++i) {
    end = path.find('/', end + 1);
    if (end == std::string::npos) return {};
  }
  return path.substr(0, end);
}

// Replaces what lies in folders of `depth` segments and is too much for a list.
void FoldFolders(size_t depth, const CompiledRule& rule, std::set<std::string>& paths) {
  std::map<std::string, std::vector<std::string>> folders;
  for (const std::string& path : paths) {
    std::string folder = FolderOf(path, depth);
    if (!folder.empty()) folders[std::move(folder)].push_back(path);
  }
  for (const auto& [folder, inside] : folders) {
    if (inside.size() <= kPathsOfFolderMax) continue;
    const auto pattern = PathPattern::Parse(StrCat(folder, kBelow), "a folder");
    if (!pattern.ok() || !AllowsAll(rule, *pattern)) continue;
    for (const std::string& path : inside) paths.erase(path);
    paths.insert(pattern->value());
  }
}

// Of patterns that contain others, these are enough.
std::vector<std::string> WithoutContained(const std::set<std::string>& paths) {
  std::vector<PathPattern> patterns;
  for (const std::string& path : paths) patterns.push_back(*PathPattern::Parse(path, "a path"));
  std::vector<std::string> left;
  for (const PathPattern& pattern : patterns) {
    const bool contained =
        std::any_of(patterns.begin(), patterns.end(), [&](const PathPattern& other) {
          return &other != &pattern && other.Contains(pattern) &&
                 (!pattern.Contains(other) || &other < &pattern);
        });
    if (!contained) left.push_back(pattern.value());
  }
  return left;
}

std::vector<std::string> PathsOf(const CompiledRule& rule) {
  std::vector<std::string> paths;
  for (const PathPattern& path : rule.paths) paths.push_back(path.value());
  return paths;
}

}  // namespace

std::vector<std::string> SuggestedPaths(const std::set<std::string>& used,
                                        const CompiledRule& rule) {
  std::set<std::string> paths;
  for (const std::string& path : used) {
    // A path itself may be spelled like a pattern of more.
    const auto pattern = PathPattern::Parse(path, "a path");
    if (!pattern.ok() || !AllowsAll(rule, *pattern)) return PathsOf(rule);
    paths.insert(path);
  }
  for (size_t depth = PathPattern::kSegmentsMax; depth > 0; --depth) {
    FoldFolders(depth, rule, paths);
  }
  if (paths.size() > kListEntriesMax) return PathsOf(rule);
  if (paths.contains(std::string(kBelow))) return {};
  return WithoutContained(paths);
}

}  // namespace leasehold
