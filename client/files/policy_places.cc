#include "client/files/policy_places.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// One step of a key: "allow", "[0]" or "[/owner]".
struct Step {
  std::string_view text;  // without brackets
  bool in_brackets = false;
};

// Cuts the first step off `key`.
Step NextStep(std::string_view* key) {
  if (key->front() == '.') key->remove_prefix(1);
  const bool in_brackets = key->starts_with('[');
  const size_t end = std::min(in_brackets ? key->find(']') : key->find_first_of(".["), key->size());
  const Step step{key->substr(in_brackets ? 1 : 0, end - (in_brackets ? 1 : 0)), in_brackets};
  key->remove_prefix(std::min(in_brackets ? end + 1 : end, key->size()));
  return step;
}

const YamlNode* Below(const YamlNode& node, const Step& step) {
  size_t item = 0;
  if (node.kind == YamlNode::Kind::kList) {
    const bool counted = step.in_brackets && absl::SimpleAtoi(ToAbsl(step.text), &item);
    return counted && item < node.items.size() ? &node.items[item] : nullptr;
  }
  const auto found =
      std::find_if(node.entries.begin(), node.entries.end(),
                   [&](const YamlEntry& entry) { return entry.key.text == step.text; });
  return found == node.entries.end() ? nullptr : &found->value;
}

}  // namespace

void PolicyPlaces::Add(std::string_view file, YamlNode policy) {
  places_.push_back({std::string(file), std::move(policy)});
}

std::string PolicyPlaces::Find(size_t position, std::string_view key) const {
  if (position >= places_.size()) return {};
  const YamlNode* node = &places_[position].policy;
  while (!key.empty()) {
    const YamlNode* below = Below(*node, NextStep(&key));
    if (below == nullptr) break;
    node = below;
  }
  return StrCat(places_[position].file, ":", node->line, ":", node->column);
}

}  // namespace leasehold
