#ifndef LEASEHOLD_SERVER_BROKER_HTTP_PRESENTED_HANDLE_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_PRESENTED_HANDLE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/broker/http/request_head.h"

namespace leasehold {

// Finds the broker handle that an agent put where the vendor's key would go: `Authorization:
// Bearer` or `token`, either half of `Authorization: Basic`, or `X-Api-Key`. `head_bytes` is what
// `head` was parsed from.
//
// UNAUTHENTICATED where there is no credential or it is no handle, TOKEN_MALFORMED where it is a
// token of ours of another kind (a lease token is not a handle), INVALID_ARGUMENT where there are
// two credentials or a token of ours stands somewhere else in the head, from where it would be
// forwarded. Whether the handle is good, only the point of use knows. No message quotes anything.
absl::StatusOr<std::string> FindHandle(const RequestHead& head, std::string_view head_bytes);

// Whether the field carries the agent's credential, so that it is never forwarded.
bool IsAgentCredential(std::string_view field_name);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_PRESENTED_HANDLE_H_
