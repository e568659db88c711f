#include "client/cli/terminal/message_json.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_format.h"
#include "client/cli/terminal/time_text.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/base/check.h"
#include "server/base/crypto_bytes.h"

namespace leasehold {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// A duration as protobuf's mapping writes it: as many decimals as it needs, in steps of three.
std::string DurationJson(int64_t seconds, int32_t nanos) {
  std::string text = std::to_string(seconds);
  if (nanos != 0) {
    text = absl::StrFormat("%d.%09d", seconds, nanos);
    while (text.ends_with("000")) text.resize(text.size() - 3);
  }
  return text + "s";
}

Json ObjectJson(const Message& message) {
  const Descriptor* descriptor = message.GetDescriptor();
  if (descriptor == google::protobuf::Timestamp::descriptor()) {
    google::protobuf::Timestamp time;
    time.CopyFrom(message);
    return TimeText(time);
  }
  if (descriptor == google::protobuf::Duration::descriptor()) {
    google::protobuf::Duration duration;
    duration.CopyFrom(message);
    return DurationJson(duration.seconds(), duration.nanos());
  }
  return MessageJson(message);
}

std::string EnumJson(const google::protobuf::EnumDescriptor* type, int number) {
  const auto* value = type->FindValueByNumber(number);
  return value != nullptr ? std::string(value->name()) : std::to_string(number);
}

std::string StringJson(const FieldDescriptor* field, const std::string& value) {
  return field->type() == FieldDescriptor::TYPE_BYTES ? Base64Encode(AsBytes(value)) : value;
}

Json SingleJson(const Message& message, const FieldDescriptor* field) {
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return reflection->GetBool(message, field);
    case FieldDescriptor::CPPTYPE_INT32:
      return reflection->GetInt32(message, field);
    case FieldDescriptor::CPPTYPE_INT64:
      return reflection->GetInt64(message, field);
    case FieldDescriptor::CPPTYPE_UINT32:
      return reflection->GetUInt32(message, field);
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection->GetUInt64(message, field);
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumJson(field->enum_type(), reflection->GetEnumValue(message, field));
    case FieldDescriptor::CPPTYPE_STRING:
      return StringJson(field, reflection->GetString(message, field));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ObjectJson(reflection->GetMessage(message, field));
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      break;
  }
  CheckFailed(__FILE__, __LINE__, "the API has no floating-point fields");
}

Json ItemJson(const Message& message, const FieldDescriptor* field, int i) {
  const Reflection* reflection = message.GetReflection();
  switch (field->cpp_type()) {
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumJson(field->enum_type(), reflection->GetRepeatedEnumValue(message, field, i));
    case FieldDescriptor::CPPTYPE_STRING:
      return StringJson(field, reflection->GetRepeatedString(message, field, i));
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return ObjectJson(reflection->GetRepeatedMessage(message, field, i));
    case FieldDescriptor::CPPTYPE_UINT64:
      return reflection->GetRepeatedUInt64(message, field, i);
    default:
      break;
  }
  CheckFailed(__FILE__, __LINE__, "the API has no lists of other types");
}

// The API's maps are all from string to string. Sorted by key: protobuf gives them in any order.
Json MapJson(const Message& message, const FieldDescriptor* field) {
  std::vector<std::pair<std::string, std::string>> pairs;
  const Reflection* reflection = message.GetReflection();
  const FieldDescriptor* key = field->message_type()->map_key();
  const FieldDescriptor* value = field->message_type()->map_value();
  for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(message, field, i);
    pairs.emplace_back(entry.GetReflection()->GetString(entry, key),
                       entry.GetReflection()->GetString(entry, value));
  }
  std::sort(pairs.begin(), pairs.end());
  Json object = Json::Object();
  for (auto& [name, text] : pairs) object.Set(name, std::move(text));
  return object;
}

}  // namespace

Json MessageJson(const Message& message) {
  Json object = Json::Object();
  const Reflection* reflection = message.GetReflection();
  const Descriptor* descriptor = message.GetDescriptor();
  for (int i = 0; i < descriptor->field_count(); ++i) {
    const FieldDescriptor* field = descriptor->field(i);
    const std::string name(field->name());
    if (field->is_map()) {
      object.Set(name, MapJson(message, field));
    } else if (field->is_repeated()) {
      Json list = Json::Array();
      for (int k = 0; k < reflection->FieldSize(message, field); ++k) {
        list.Append(ItemJson(message, field, k));
      }
      object.Set(name, std::move(list));
    } else if (!field->has_presence() || reflection->HasField(message, field)) {
      object.Set(name, SingleJson(message, field));
    }
  }
  return object;
}

}  // namespace leasehold
