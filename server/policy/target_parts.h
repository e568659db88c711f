#ifndef LEASEHOLD_SERVER_POLICY_TARGET_PARTS_H_
#define LEASEHOLD_SERVER_POLICY_TARGET_PARTS_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/policy/compiled_target.h"

// The parts of a target that have a grammar of their own. Each returns INVALID_ARGUMENT with a
// sentence that starts with the field's name; what is not canonical is refused, not repaired.

namespace leasehold {

// `http://host[:port][/prefix]`, or https. The host is a DNS name in lower case, an IPv4 address
// in dotted decimal or an IPv6 address in brackets; a port that is left out is 80 or 443.
absl::StatusOr<TargetUrl> ParseTargetUrl(std::string_view text);

// A header's name, and its value with `{field}` at least once. Headers that frame the message,
// choose its receiver or concern one connection cannot be set; nor can our own.
absl::StatusOr<HeaderTemplate> ParseHeaderTemplate(std::string_view header, std::string_view value);

// The name of a version's field: one segment of a Name. `what` starts the sentence.
absl::Status CheckFieldName(std::string_view field, std::string_view what);

// One or more PEM certificates and nothing else between BEGIN and END, so that no private key
// gets into a target by mistake.
absl::Status CheckCaPem(std::string_view pem);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_TARGET_PARTS_H_
