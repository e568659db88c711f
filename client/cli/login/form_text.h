#ifndef LEASEHOLD_CLIENT_CLI_LOGIN_FORM_TEXT_H_
#define LEASEHOLD_CLIENT_CLI_LOGIN_FORM_TEXT_H_

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace leasehold {

// "a=b&c=d", with everything but unreserved characters (RFC 3986) percent-encoded; as the query of
// a URL and as the body of a form.
std::string EncodeForm(const std::vector<std::pair<std::string, std::string>>& fields);

// The fields of such a text; INVALID_ARGUMENT for a bad escape and for a field that stands twice.
absl::StatusOr<std::map<std::string, std::string>> DecodeForm(std::string_view text);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LOGIN_FORM_TEXT_H_
