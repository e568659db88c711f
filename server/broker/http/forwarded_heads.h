#ifndef LEASEHOLD_SERVER_BROKER_HTTP_FORWARDED_HEADS_H_
#define LEASEHOLD_SERVER_BROKER_HTTP_FORWARDED_HEADS_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "server/base/ids.h"
#include "server/broker/http/request_head.h"
#include "server/broker/http/response_head.h"
#include "server/broker/wiped_buffer.h"
#include "server/policy/compiled_target.h"
#include "server/vault/secret_fields.h"

namespace leasehold {

// What is written to the other side instead of the head that came in. Fields pass unchanged and in
// their order but for: those of one connection (RFC 9110, section 7.6.1, and those that Connection
// names), the framing, which is written as it was understood, and X-Leasehold-*, which only the
// broker may say.

// The request as the target gets it: method, path and query as judged, the target's Host, the
// credential in its field, without the agent's credential and without Expect, which the broker
// answers itself. FAILED_PRECONDITION as CredentialInjector.
absl::Status WriteTargetRequest(const RequestHead& request, const CompiledTarget& target,
                                const SecretFields& credential, WipedBuffer* out);

struct ClientResponse {
  std::optional<LogIndex> entry;  // X-Leasehold-Entry
  bool close = false;             // the client's connection ends with this response
};
// The target's answer as the agent gets it. A body that lasts until the target closes is announced
// as chunked, so that the agent can tell its end from a failure; the caller frames it.
void WriteClientResponse(const ResponseHead& response, const ClientResponse& options,
                         std::string* out);

// The Host field of requests to `url`.
std::string HostOf(const TargetUrl& url);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BROKER_HTTP_FORWARDED_HEADS_H_
