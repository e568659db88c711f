#include "client/files/yaml_message.h"

#include <vector>

#include "server/base/status.h"

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

}  // namespace leasehold
