#ifndef LEASEHOLD_SERVER_POLICY_HTTP_METHODS_H_
#define LEASEHOLD_SERVER_POLICY_HTTP_METHODS_H_

#include <span>
#include <string_view>

#include "absl/status/status.h"

namespace leasehold {

// The methods that policies and targets may name, in capitals.
std::span<const std::string_view> KnownMethods();

// What the ledger calls `method`: itself where known, else "OTHER", so that a caller cannot make
// up actions without end. Static.
std::string_view RecordedMethod(std::string_view method);

// Whether some policy could allow it: 1 to 32 capitals, '-' or '_'; never TRACE or TRACK, whose
// answer would show the injected credential to the agent, nor CONNECT, behind which nothing can be
// judged.
bool IsUsableMethod(std::string_view method);

// OK where a policy or target may name `method`; else INVALID_ARGUMENT that starts with `what`.
absl::Status CheckNamedMethod(std::string_view method, std::string_view what);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_POLICY_HTTP_METHODS_H_
