#ifndef LEASEHOLD_SERVER_CONFIG_YAML_WALK_H_
#define LEASEHOLD_SERVER_CONFIG_YAML_WALK_H_

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/config/settings.h"

namespace leasehold {

// Walks a YAML document whose every key is known, with errors that say where: CONFIG_INVALID
// "leaseholdd.yaml:3:9: ...". Methods throw YAML::Exception only; ParseConfigText catches.
class YamlWalk {
 public:
  // `name` of the file, for the errors.
  explicit YamlWalk(std::string name) : name_(std::move(name)) {}

  std::string Place(const YAML::Mark& mark) const {
    return StrCat(name_, ":", mark.line + 1, ":", mark.column + 1);
  }
  absl::Status Wrong(const YAML::Node& node, std::string_view what) const {
    return Error(Reason::kConfigInvalid, StrCat(Place(node.Mark()), ": ", what));
  }

  // Calls `take(key, value)` for each pair of a map, stops at the first error. Keys that are not
  // `known` and those that stand twice are errors.
  template <typename Take>
  absl::Status EachKey(const YAML::Node& map, const std::vector<std::string>& known,
                       const Take& take) const {
    if (!map.IsMap()) return Wrong(map, "this has to be a list of `key: value`");
    std::set<std::string> seen;
    for (const auto& pair : map) {
      const std::string key = pair.first.IsScalar() ? pair.first.Scalar() : std::string();
      if (std::find(known.begin(), known.end(), key) == known.end()) {
        return Wrong(pair.first,
                     StrCat("unknown key \"", key, "\"; the keys here are ", Join(known)));
      }
      if (!seen.insert(key).second) return Wrong(pair.first, StrCat("a second \"", key, "\""));
      RETURN_IF_ERROR(take(key, pair.second));
    }
    return absl::OkStatus();
  }

  // Calls `take(item)` for each item of a list that is not empty.
  template <typename Take>
  absl::Status EachItem(const YAML::Node& list, std::string_view key, const Take& take) const {
    if (!list.IsSequence() || list.size() == 0) {
      return Wrong(list, StrCat("\"", key, "\" has to be a list such as [a, b]"));
    }
    for (const YAML::Node& item : list) RETURN_IF_ERROR(take(item));
    return absl::OkStatus();
  }

  // One value that is not empty.
  absl::StatusOr<Setting> OneValue(const YAML::Node& node, std::string_view key) const {
    if (!node.IsScalar() || node.Scalar().empty()) {
      return Wrong(node, StrCat("\"", key, "\" has to be one value that is not empty"));
    }
    return Setting{node.Scalar(), Place(node.Mark())};
  }

  // A list of such values.
  absl::Status ReadList(const YAML::Node& list, std::string_view key,
                        std::vector<Setting>& out) const {
    return EachItem(list, key, [&](const YAML::Node& item) -> absl::Status {
      ASSIGN_OR_RETURN(Setting setting, OneValue(item, key));
      out.push_back(std::move(setting));
      return absl::OkStatus();
    });
  }

 private:
  static std::string Join(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) StrAppend(&out, out.empty() ? "" : ", ", word);
    return out;
  }

  const std::string name_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_YAML_WALK_H_
