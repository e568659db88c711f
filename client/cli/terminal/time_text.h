#ifndef LEASEHOLD_CLIENT_CLI_TERMINAL_TIME_TEXT_H_
#define LEASEHOLD_CLIENT_CLI_TERMINAL_TIME_TEXT_H_

#include <string>

#include "absl/time/time.h"

namespace google::protobuf {
class Duration;
class Timestamp;
}  // namespace google::protobuf

namespace leasehold {

// RFC 3339 in UTC, with as many decimals as there are: "2026-03-01T09:30:00.25Z".
std::string TimeText(const google::protobuf::Timestamp& time);
// The same in whole seconds, for tables.
std::string TimeCell(const google::protobuf::Timestamp& time);

absl::Time TimeOf(const google::protobuf::Timestamp& time);
google::protobuf::Timestamp TimestampOf(absl::Time time);
google::protobuf::Duration DurationOf(absl::Duration duration);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TERMINAL_TIME_TEXT_H_
