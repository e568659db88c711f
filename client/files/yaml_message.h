#ifndef LEASEHOLD_CLIENT_FILES_YAML_MESSAGE_H_
#define LEASEHOLD_CLIENT_FILES_YAML_MESSAGE_H_

#include <google/protobuf/repeated_ptr_field.h>

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/files/yaml_fields.h"

namespace leasehold {

// Copy an optional key of a map into a field of a message; an absent key changes nothing.
absl::Status ReadText(YamlFields* fields, std::string_view key, std::string* out);
absl::Status ReadTexts(YamlFields* fields, std::string_view key,
                       google::protobuf::RepeatedPtrField<std::string>* out);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_FILES_YAML_MESSAGE_H_
