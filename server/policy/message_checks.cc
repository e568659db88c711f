#include "server/policy/message_checks.h"

#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/unknown_field_set.h>

#include <cstdint>
#include <vector>

namespace leasehold {
namespace {

// google.protobuf.Duration's own range: about 10,000 years.
constexpr int64_t kSecondsMax = 315'576'000'000;
constexpr int32_t kNanosMax = 999'999'999;
// google.protobuf.Timestamp's: the years 1 to 9999.
constexpr int64_t kTimeSecondsMin = -62'135'596'800;
constexpr int64_t kTimeSecondsMax = 253'402'300'799;

}  // namespace

bool HasUnknownFields(const google::protobuf::Message& message) {
  const google::protobuf::Reflection* reflection = message.GetReflection();
  if (!reflection->GetUnknownFields(message).empty()) return true;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) continue;
    if (!field->is_repeated()) {
      if (HasUnknownFields(reflection->GetMessage(message, field))) return true;
      continue;
    }
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      if (HasUnknownFields(reflection->GetRepeatedMessage(message, field, i))) return true;
    }
  }
  return false;
}

std::optional<absl::Duration> ToDuration(const google::protobuf::Duration& duration) {
  const int64_t seconds = duration.seconds();
  const int32_t nanos = duration.nanos();
  if (seconds < -kSecondsMax || seconds > kSecondsMax) return std::nullopt;
  if (nanos < -kNanosMax || nanos > kNanosMax) return std::nullopt;
  if ((seconds > 0 && nanos < 0) || (seconds < 0 && nanos > 0)) return std::nullopt;
  return absl::Seconds(seconds) + absl::Nanoseconds(nanos);
}

std::optional<absl::Time> ToTime(const google::protobuf::Timestamp& timestamp) {
  const int64_t seconds = timestamp.seconds();
  const int32_t nanos = timestamp.nanos();
  if (seconds < kTimeSecondsMin || seconds > kTimeSecondsMax) return std::nullopt;
  if (nanos < 0 || nanos > kNanosMax) return std::nullopt;
  return absl::FromUnixSeconds(seconds) + absl::Nanoseconds(nanos);
}

}  // namespace leasehold
