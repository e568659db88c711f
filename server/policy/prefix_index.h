#ifndef LEASEHOLD_SERVER_POLICY_PREFIX_INDEX_H_
#define LEASEHOLD_SERVER_POLICY_PREFIX_INDEX_H_

#include <algorithm>
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"

namespace leasehold {

// What texts that a pattern matches begin with, or are.
struct PatternKey {
  // Of a pattern of names, of paths or a glob: each text that it matches has one of these. There
  // are two where a '/' before a "**" is left out of texts in which that stands for nothing.
  static std::vector<PatternKey> Of(std::string_view pattern) {
    const size_t star = pattern.find('*');
    if (star == std::string_view::npos) return {{std::string(pattern), true}};
    std::vector<PatternKey> keys = {{std::string(pattern.substr(0, star)), false}};
    if (pattern.substr(star).starts_with("**") && keys.front().text.ends_with('/')) {
      keys.push_back({std::string(pattern.substr(0, star - 1)), true});
    }
    return keys;
  }

  std::string text;
  bool whole = false;  // is it, and does not only begin with it
  auto operator<=>(const PatternKey&) const = default;
};

// Finds the values whose patterns may match a text. A lookup costs one hash for whole texts and
// one for each length that beginnings have and that is not longer than the text, whatever the
// number of values. Immutable once it is filled.
template <typename Value>
class PrefixIndex {
 public:
  // Under all keys of `pattern`.
  void AddPattern(std::string_view pattern, const Value& value) {
    for (const PatternKey& key : PatternKey::Of(pattern)) Add(key, value);
  }
  void Add(const PatternKey& key, Value value) {
    if (key.whole) {
      whole_[key.text].push_back(std::move(value));
      return;
    }
    beginnings_[key.text].push_back(std::move(value));
    const auto at = std::lower_bound(lengths_.begin(), lengths_.end(), key.text.size());
    if (at == lengths_.end() || *at != key.text.size()) lengths_.insert(at, key.text.size());
  }

  // Calls visit(values) with lists of values, each in the order in which it was filled. Does not
  // allocate.
  template <typename Visit>
  void ForEachList(std::string_view text, const Visit& visit) const {
    if (!whole_.empty()) VisitList(whole_, text, visit);
    for (const size_t length : lengths_) {
      if (length > text.size()) break;
      VisitList(beginnings_, text.substr(0, length), visit);
    }
  }

  // The same with all lists, for a text that is not known.
  template <typename Visit>
  void ForEveryList(const Visit& visit) const {
    for (const auto& [key, list] : whole_) visit(list);
    for (const auto& [key, list] : beginnings_) visit(list);
  }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };
  using Lists = absl::flat_hash_map<std::string, std::vector<Value>, Hash, std::equal_to<>>;

  template <typename Visit>
  static void VisitList(const Lists& lists, std::string_view key, const Visit& visit) {
    const auto found = lists.find(key);
    if (found != lists.end()) visit(found->second);
  }

  Lists whole_;
  Lists beginnings_;
  std::vector<size_t> lengths_;  // of the keys of beginnings_; ascending, distinct
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_PREFIX_INDEX_H_
