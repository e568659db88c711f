#include "client/files/yaml_message.h"

#include "absl/strings/numbers.h"
#include "client/files/proto_duration.h"
#include "server/base/str_cat.h"

namespace leasehold {

absl::Status ReadText(YamlFields* fields, std::string_view key, std::string* out) {
  const YamlNode* node = fields->Find(key);
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(*out, YamlText(*node, key));
  return absl::OkStatus();
}

absl::Status ReadTexts(YamlFields* fields, std::string_view key,
                       google::protobuf::RepeatedPtrField<std::string>* out) {
  const YamlNode* node = fields->Find(key);
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<std::string> texts, YamlTexts(*node, key));
  out->Assign(texts.begin(), texts.end());
  return absl::OkStatus();
}

absl::Status YamlProtoDuration(const YamlNode& node, std::string_view key,
                               google::protobuf::Duration* out) {
  ASSIGN_OR_RETURN(const absl::Duration duration, YamlDuration(node, key));
  SetProtoDuration(duration, out);
  return absl::OkStatus();
}

absl::Status ReadCount(YamlFields* fields, std::string_view key, uint64_t max, uint64_t* out) {
  const YamlNode* node = fields->Find(key);
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::string text, YamlText(*node, key));
  // "1e3", "+5" and " 5" are no numbers here: a file should look like what it means.
  const bool digits = !text.empty() && text.find_first_not_of("0123456789") == std::string::npos;
  if (!digits || !absl::SimpleAtoi(text, out) || *out < 1 || *out > max) {
    return YamlErrorAt(*node,
                       StrCat(key, " is ", YamlQuoted(text), "; write a number from 1 to ", max));
  }
  return absl::OkStatus();
}

absl::StatusOr<const std::vector<YamlNode>*> YamlItems(const YamlNode& node, std::string_view key,
                                                       std::string_view advice) {
  if (node.kind == YamlNode::Kind::kList) return &node.items;
  return YamlErrorAt(node, StrCat(key, " is not a list; ", advice));
}

}  // namespace leasehold
