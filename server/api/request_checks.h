#ifndef LEASEHOLD_SERVER_API_REQUEST_CHECKS_H_
#define LEASEHOLD_SERVER_API_REQUEST_CHECKS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/map.h"
#include "google/protobuf/timestamp.pb.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/name.h"

namespace google::protobuf {
class Message;
}  // namespace google::protobuf

namespace leasehold {

// Checks that several methods make of their requests. Errors are INVALID_ARGUMENT and name the
// field.

// "agents/{id}", "groups/{id}", "targets/{id}": one segment, so that what stands behind a further
// '/' (a token, a path at the broker) never is part of the id.
absl::StatusOr<Name> ParseId(std::string_view resource, std::string_view prefix);

// Descriptions and owners: empty, or a Text.
absl::Status CheckOptionalText(std::string_view text, std::string_view field);

using Labels = google::protobuf::Map<std::string, std::string>;
absl::Status CheckLabels(const Labels& labels);

// When something ends by itself: after `now`; empty where the field is not set.
absl::StatusOr<UnixMillis> ParseExpireTime(bool is_set, const google::protobuf::Timestamp& time,
                                           UnixMillis now);

// An etag is the index of the last change in decimal; nullopt for "", no condition.
absl::StatusOr<std::optional<LogIndex>> ParseEtag(std::string_view etag);
std::string EtagOf(LogIndex index);

// Refuses what a newer client may have meant as a condition and we would drop without a word.
absl::Status CheckNoUnknownFields(const google::protobuf::Message& message);

// The same bytes for equal messages, maps included: what hashes and comparisons need.
std::string DeterministicBytes(const google::protobuf::Message& message);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_REQUEST_CHECKS_H_
