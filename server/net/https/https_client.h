#ifndef LEASEHOLD_SERVER_NET_HTTPS_HTTPS_CLIENT_H_
#define LEASEHOLD_SERVER_NET_HTTPS_HTTPS_CLIENT_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/net/https/https_url.h"

namespace leasehold {

struct HttpsRequest {
  HttpsUrl url;
  // Where not empty it is sent by POST, as application/x-www-form-urlencoded; else GET.
  std::string form;
};

struct HttpsResponse {
  int status = 0;
  std::string body;
};

struct HttpsOptions {
  std::string ca_pem;  // certificates to trust; empty = the system's
  size_t body_bytes_max = 1 << 20;
  absl::Duration timeout = absl::Seconds(10);  // for all of it, from the name's look-up on
  // Asked now and then: true ends the call early.
  std::function<bool()> cancelled = nullptr;
};

// One request on a connection of its own. The peer's certificate must be for the URL's host;
// redirects are not followed; no proxy is used. Any status is an answer; IO says why there is none:
// not reached, not trusted, too slow, too large, or no HTTP. Blocks the calling thread, though not
// beyond the timeout, but for a name server that does not answer.
absl::StatusOr<HttpsResponse> HttpsCall(const HttpsRequest& request, const HttpsOptions& options);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_HTTPS_HTTPS_CLIENT_H_
