#ifndef LEASEHOLD_SERVER_API_NAMES_H_
#define LEASEHOLD_SERVER_API_NAMES_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/timestamp.pb.h"
#include "leasehold/v1/selector.pb.h"
#include "server/base/ids.h"
#include "server/base/millis.h"
#include "server/base/name.h"
#include "server/leases/operations/revoke.h"
#include "server/leases/state/state.h"

namespace leasehold {

// Resource names and times between API messages and our types.

// "leases/{epoch}-{number}": the epoch in 16 hex digits.
std::string LeaseName(Epoch epoch, LeaseNumber number);
struct LeaseId {
  Epoch epoch;
  LeaseNumber number;
};
absl::StatusOr<LeaseId> ParseLeaseName(std::string_view name);

// "secrets/{path}" or "secrets/{path}/versions/{n}".
struct SecretVersionName {
  Name secret;
  VersionNumber version;  // empty where the name has none
};
absl::StatusOr<SecretVersionName> ParseSecretVersionName(std::string_view name);
std::string VersionName(std::string_view secret, VersionNumber number);

std::string HexId(uint64_t id);  // 16 digits

// At least one field must be set, with `all` no other. INVALID_ARGUMENT names the field that is not
// well formed.
absl::StatusOr<SelectorNames> ParseSelector(const v1::Selector& selector);
// By names; of deleted things too.
void SelectorToProto(const State& state, const Selector& selector, v1::Selector* proto);
// "agents/bot with secrets/db/login", for people.
std::string SelectorWords(const State& state, const Selector& selector);

void ToProto(UnixMillis time, google::protobuf::Timestamp* proto);
void ToProto(absl::Duration duration, google::protobuf::Duration* proto);
// INVALID_ARGUMENT for what is no time or lies outside the years 1970 to 9999.
absl::StatusOr<UnixMillis> FromProto(const google::protobuf::Timestamp& proto,
                                     std::string_view field);
absl::StatusOr<absl::Duration> FromProto(const google::protobuf::Duration& proto,
                                         std::string_view field);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_NAMES_H_
