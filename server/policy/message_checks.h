#ifndef LEASEHOLD_SERVER_POLICY_MESSAGE_CHECKS_H_
#define LEASEHOLD_SERVER_POLICY_MESSAGE_CHECKS_H_

#include <optional>

#include "absl/time/time.h"

namespace google::protobuf {
class Duration;
class Message;
class Timestamp;
}  // namespace google::protobuf

namespace leasehold {

// Whether `message`, or one inside it, carries a field that this build does not know. A newer
// client may have sent a condition that we would otherwise drop without a word.
bool HasUnknownFields(const google::protobuf::Message& message);

// nullopt for a Duration that protobuf itself calls invalid (signs that differ, nanos over 1 s).
std::optional<absl::Duration> ToDuration(const google::protobuf::Duration& duration);

// nullopt for a Timestamp that protobuf itself calls invalid (before year 1, after 9999).
std::optional<absl::Time> ToTime(const google::protobuf::Timestamp& timestamp);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_MESSAGE_CHECKS_H_
