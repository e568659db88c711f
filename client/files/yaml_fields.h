#ifndef LEASEHOLD_CLIENT_FILES_YAML_FIELDS_H_
#define LEASEHOLD_CLIENT_FILES_YAML_FIELDS_H_

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/files/yaml_tree.h"

namespace leasehold {

// The keys of one map, each asked for by name; whatever nobody asked for is an error, so that a
// misspelt condition is never a condition less. Errors are INVALID_ARGUMENT "LINE:COL: sentence".
// The node outlives the object.
class YamlFields {
 public:
  // `what` names the map in sentences: "policy", "lease".
  static absl::StatusOr<YamlFields> Open(const YamlNode& node, std::string_view what);

  // The value of `key`, or nullptr where it is absent. A key without a value is an error of
  // whoever reads the value.
  const YamlNode* Find(std::string_view key);
  // The same; an error where it is absent.
  absl::StatusOr<const YamlNode*> Require(std::string_view key);
  // An error where one of `keys` is there: a section of the language that this version does not
  // enforce.
  absl::Status RefuseUnenforced(std::span<const std::string_view> keys) const;
  // An error at the first key that was never asked for, with the list of those that were.
  absl::Status Finish() const;

 private:
  YamlFields(const YamlNode& node, std::string_view what) : node_(&node), what_(what) {}
  const YamlNode* node_;
  std::string what_;
  std::vector<std::string> known_;
};

// "`limits` is not enforced by this version, so it is refused rather than ignored", at `node`.
absl::Status YamlUnenforced(const YamlNode& node, std::string_view text);

// A scalar's text; `key` names it in the sentence.
absl::StatusOr<std::string> YamlText(const YamlNode& node, std::string_view key);
// A list of at least one scalar. An empty list is refused: in the API it would mean "every", not
// "none".
absl::StatusOr<std::vector<std::string>> YamlTexts(const YamlNode& node, std::string_view key);
// A duration such as 1h30m.
absl::StatusOr<absl::Duration> YamlDuration(const YamlNode& node, std::string_view key);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_YAML_FIELDS_H_
