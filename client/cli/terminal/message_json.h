#ifndef LEASEHOLD_CLIENT_CLI_TERMINAL_MESSAGE_JSON_H_
#define LEASEHOLD_CLIENT_CLI_TERMINAL_MESSAGE_JSON_H_

#include "client/cli/terminal/json_value.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace leasehold {

// A message of the API as programs see it. It is protobuf's JSON mapping with two differences:
//   - names as in the .proto files (`expire_time`), and every field is there even if it has its
//     default value; only a message or timestamp that is absent is left out;
//   - 64-bit integers are numbers, not strings: none of ours comes near 2^53 (epochs and log ids,
//     which do, are text already), and jq can compare them.
// Timestamps are RFC 3339 in UTC, durations seconds with an `s` ("900s"), bytes base64, enum
// values their names.
//
// Own code because the option of protobuf's printer that prints defaults was renamed between the
// versions that we build with.
Json MessageJson(const google::protobuf::Message& message);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TERMINAL_MESSAGE_JSON_H_
