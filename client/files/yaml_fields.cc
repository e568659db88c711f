#include "client/files/yaml_fields.h"

#include <algorithm>

#include "client/files/duration_text.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::StatusOr<YamlFields> YamlFields::Open(const YamlNode& node, std::string_view what) {
  if (node.kind != YamlNode::Kind::kMap) {
    return YamlErrorAt(node, StrCat(what, " is not a map of keys and values"));
  }
  return YamlFields(node, what);
}

const YamlNode* YamlFields::Find(std::string_view key) {
  known_.emplace_back(key);
  for (const YamlEntry& entry : node_->entries) {
    if (entry.key.text == key) return &entry.value;
  }
  return nullptr;
}

absl::StatusOr<const YamlNode*> YamlFields::Require(std::string_view key) {
  if (const YamlNode* value = Find(key); value != nullptr) return value;
  return YamlErrorAt(*node_, StrCat(what_, " has no ", YamlQuoted(key)));
}

absl::Status YamlFields::RefuseUnenforced(std::span<const std::string_view> keys) const {
  for (const YamlEntry& entry : node_->entries) {
    if (std::find(keys.begin(), keys.end(), entry.key.text) != keys.end()) {
      return YamlUnenforced(entry.key, entry.key.text);
    }
  }
  return absl::OkStatus();
}

absl::Status YamlFields::Finish() const {
  for (const YamlEntry& entry : node_->entries) {
    if (std::find(known_.begin(), known_.end(), entry.key.text) != known_.end()) continue;
    std::string list;
    for (const std::string& key : known_) {
      if (!list.empty()) list += ", ";
      list += key;
    }
    return YamlErrorAt(entry.key, StrCat(what_, " has no key ", YamlQuoted(entry.key.text),
                                         "; its keys are ", list));
  }
  return absl::OkStatus();
}

absl::Status YamlUnenforced(const YamlNode& node, std::string_view text) {
  return YamlErrorAt(node, StrCat(YamlQuoted(text),
                                  " is not enforced by this version, so it is "
                                  "refused rather than ignored"));
}

absl::StatusOr<std::string> YamlText(const YamlNode& node, std::string_view key) {
  if (node.kind == YamlNode::Kind::kNull) return YamlErrorAt(node, StrCat(key, " has no value"));
  if (node.kind != YamlNode::Kind::kScalar) {
    return YamlErrorAt(node, StrCat(key, " is a list or map; write one value"));
  }
  return node.text;
}

absl::StatusOr<std::vector<std::string>> YamlTexts(const YamlNode& node, std::string_view key) {
  if (node.kind != YamlNode::Kind::kList) {
    return YamlErrorAt(node, StrCat(key, " is not a list; write [a, b]"));
  }
  if (node.items.empty()) {
    return YamlErrorAt(node, StrCat(key, " is an empty list; leave it out or name at least one"));
  }
  std::vector<std::string> texts;
  texts.reserve(node.items.size());
  for (const YamlNode& item : node.items) {
    ASSIGN_OR_RETURN(std::string text, YamlText(item, StrCat("an item of ", key)));
    texts.push_back(std::move(text));
  }
  return texts;
}

absl::StatusOr<absl::Duration> YamlDuration(const YamlNode& node, std::string_view key) {
  ASSIGN_OR_RETURN(const std::string text, YamlText(node, key));
  const auto duration = ParseDurationText(text);
  if (duration.ok()) return *duration;
  return YamlErrorAt(node, StrCat(key, " ", duration.status().message()));
}

}  // namespace leasehold
