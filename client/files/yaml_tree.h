#ifndef LEASEHOLD_CLIENT_FILES_YAML_TREE_H_
#define LEASEHOLD_CLIENT_FILES_YAML_TREE_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace leasehold {

struct YamlEntry;

// One value of a YAML file and where it stands. A plain scalar is its text, whatever YAML would
// take it for: `on`, `1.10` and `0x7f` are what was written.
struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  int line = 1;                    // from 1
  int column = 1;                  // from 1, in characters
  std::string text;                // of a scalar
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in the order of the file; keys are distinct scalars
};

struct YamlEntry {
  YamlNode key;
  YamlNode value;
};

// A whole set of 10,000 policies has about 1 MiB; more is another file by mistake.
inline constexpr size_t kYamlBytesMax = size_t{4} * 1024 * 1024;
// Our deepest file has six levels.
inline constexpr int kYamlDepthMax = 32;
// Bounds the memory that a file of brackets takes to about 150 MB.
inline constexpr size_t kYamlNodesMax = 1'000'000;

// Reads one document strictly. INVALID_ARGUMENT "LINE:COL: sentence" for: what is not YAML or not
// UTF-8, control characters, a tab that indents, a second document, duplicate keys, keys that are
// not scalars, tags, anchors and aliases (they make a few lines mean gigabytes, and a policy should
// say what it means where it says it), and the limits above. An empty file is a kNull.
absl::StatusOr<YamlNode> ParseYaml(std::string_view text);

// INVALID_ARGUMENT "LINE:COL: sentence".
absl::Status YamlErrorAt(const YamlNode& node, std::string_view sentence);

// `text` in backquotes for a sentence: cut after 64 bytes, what cannot be printed as '?'.
std::string YamlQuoted(std::string_view text);

// "LINE:COL: ..." -> "FILE:LINE:COL: ...". OK stays OK.
absl::Status InFile(std::string_view file, const absl::Status& status);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_YAML_TREE_H_
