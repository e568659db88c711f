#ifndef LEASEHOLD_CLIENT_FILES_YAML_MESSAGE_H_
#define LEASEHOLD_CLIENT_FILES_YAML_MESSAGE_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/files/yaml_fields.h"
#include "client/files/yaml_tree.h"
#include "server/base/status.h"

namespace google::protobuf {
class Duration;
}

namespace leasehold {

// Copy an optional key of a map into a field of a message; an absent key changes nothing.
absl::Status ReadText(YamlFields* fields, std::string_view key, std::string* out);
absl::Status ReadTexts(YamlFields* fields, std::string_view key,
                       google::protobuf::RepeatedPtrField<std::string>* out);

// A duration such as 1h30m, as a message.
absl::Status YamlProtoDuration(const YamlNode& node, std::string_view key,
                               google::protobuf::Duration* out);

// The items of a list; an error with `advice` ("write one rule an item") for what is none.
absl::StatusOr<const std::vector<YamlNode>*> YamlItems(const YamlNode& node, std::string_view key,
                                                       std::string_view advice);

// `field` is of type google::protobuf::Duration* and made only where the key is there, by calling
// it: ReadDuration(&fields, "ttl", [&] { return lease->mutable_ttl(); }).
template <typename Field>
absl::Status ReadDuration(YamlFields* fields, std::string_view key, const Field& field) {
  const YamlNode* node = fields->Find(key);
  if (node == nullptr) return absl::OkStatus();
  return YamlProtoDuration(*node, key, field());
}

// A whole number from 1 to `max`; an absent key leaves 0.
absl::Status ReadCount(YamlFields* fields, std::string_view key, uint64_t max, uint64_t* out);

// Calls read(item) for each item of an optional list, and ends at the first error.
template <typename Read>
absl::Status ReadItems(YamlFields* fields, std::string_view key, std::string_view advice,
                       const Read& read) {
  const YamlNode* node = fields->Find(key);
  if (node == nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(const std::vector<YamlNode>* items, YamlItems(*node, key, advice));
  for (const YamlNode& item : *items) RETURN_IF_ERROR(read(item));
  return absl::OkStatus();
}

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_YAML_MESSAGE_H_
