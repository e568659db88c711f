#ifndef LEASEHOLD_SERVER_NET_HTTPS_HTTPS_URL_H_
#define LEASEHOLD_SERVER_NET_HTTPS_HTTPS_URL_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace leasehold {

// An address of a document: https://host[:port][/path][?query].
struct HttpsUrl {
  std::string host;          // a name, or an IP address without brackets
  std::string port = "443";  // digits
  std::string target = "/";  // path and query
  std::string authority;     // as it was written, for the `Host` field

  // INVALID_ARGUMENT for http, userinfo, a fragment, and characters that a URL cannot have.
  static absl::StatusOr<HttpsUrl> Parse(std::string_view text);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_HTTPS_HTTPS_URL_H_
