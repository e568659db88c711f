#ifndef LEASEHOLD_SERVER_REPLAY_SUGGESTED_PATHS_H_
#define LEASEHOLD_SERVER_REPLAY_SUGGESTED_PATHS_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "server/policy/compiled_rule.h"

namespace leasehold {

// More than so many paths below one folder are taken for a habit and not a list.
inline constexpr size_t kPathsOfFolderMax = 10;

// The paths of an allow rule that allows `used`, paths and patterns that `rule` allows, and nothing
// that `rule` does not; sorted, empty = every path. Each stands for itself, but for one rule: where
// more than kPathsOfFolderMax begin with the same folder and `rule` allows all below it, they
// become `FOLDER/**`, the deepest such folder first; "/" is no such folder. What is too long for a
// pattern, and more than a list may have, becomes the paths of `rule`.
std::vector<std::string> SuggestedPaths(const std::set<std::string>& used,
                                        const CompiledRule& rule);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_REPLAY_SUGGESTED_PATHS_H_
