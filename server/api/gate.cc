#include "server/api/gate.h"

#include <grpcpp/server_context.h>

#include <string>

#include "server/api/status_mapping.h"
#include "server/base/status.h"
#include "server/base/str_cat.h"
#include "server/net/connection_info.h"

namespace leasehold {
namespace {

Presented::Way WayOf(ConnectionClass cls) {
  switch (cls) {
    case ConnectionClass::kTcp:
      return Presented::Way::kTcp;
    case ConnectionClass::kAdmin:
      return Presented::Way::kAdmin;
    case ConnectionClass::kRevoke:
      return Presented::Way::kRevoke;
    case ConnectionClass::kAgent:
      return Presented::Way::kAgent;
    case ConnectionClass::kAdapter:
      return Presented::Way::kAdapter;
  }
  return Presented::Way::kTcp;
}

// "ipv4:127.0.0.1:4711" -> "127.0.0.1". Ports are left out: each would be a text of its own in the
// ledger.
std::string AddressOf(const std::string& peer) {
  if (peer.starts_with("unix")) {
    return "unix";
  }
  size_t begin = peer.find(':');
  size_t end = peer.rfind(':');
  if (begin == std::string::npos || end <= begin) {
    return "unknown";
  }
  std::string host = peer.substr(begin + 1, end - begin - 1);
  // "%5B::1%5D": gRPC percent-encodes the brackets.
  if (host.starts_with("%5B") && host.ends_with("%5D")) {
    host = host.substr(3, host.size() - 6);
  } else if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  }
  return host;
}

std::string OsUserOf(const ConnectionInfo& connection) {
  return connection.uid.has_value() ? StrCat("uid=", *connection.uid) : "";
}

absl::Status SeveralHeaders() {
  return Error(Reason::kUnauthenticated, "several authorization headers; send one");
}

}  // namespace

absl::StatusOr<Principal> Gate::Admit(const Presented& presented, const ApiMethod& method) const {
  if (method.roles.IsAnyone()) {
    // What the call brings is looked at by the method itself.
    return authenticator_.Stranger(presented);
  }
  ASSIGN_OR_RETURN(Principal principal, authenticator_.Authenticate(presented));
  if (!method.roles.Has(principal.role)) {
    return Error(Reason::kRoleForbidden,
                 StrCat(principal.name, " may not call ", method.name,
                        "; ask an operator, or use the socket or token that is meant for it"));
  }
  if (method.keys == Keys::kNeeded) {
    RETURN_IF_ERROR(vault_.CheckOpen());
  }
  return principal;
}

absl::StatusOr<Principal> Gate::Admit(const grpc::ServerContextBase& context,
                                      const ApiMethod& method) const {
  ConnectionInfo connection = ConnectionOf(*context.auth_context());
  std::string os_user = OsUserOf(connection);
  std::string address =
      connection.cls == ConnectionClass::kTcp ? AddressOf(context.peer()) : "unix";
  const auto& metadata = context.client_metadata();
  auto [first, last] = metadata.equal_range("authorization");
  std::string_view authorization;
  if (first != last) {
    authorization = {first->second.data(), first->second.size()};
    if (std::next(first) != last) {
      return SeveralHeaders();
    }
  }
  return Admit({.way = WayOf(connection.cls),
                .os_user = os_user,
                .os_agent = connection.agent,
                .authorization = authorization,
                .address = address,
                .certificate = connection.certificate,
                .certificate_chain = connection.certificate_chain},
               method);
}

absl::StatusOr<Principal> Gate::Admit(const ConnectionInfo& connection,
                                      std::span<const std::string> authorization,
                                      const ApiMethod& method) const {
  if (authorization.size() > 1) {
    return SeveralHeaders();
  }
  std::string os_user = OsUserOf(connection);
  return Admit({.way = WayOf(connection.cls),
                .os_user = os_user,
                .os_agent = connection.agent,
                .authorization = authorization.empty() ? std::string_view() : authorization[0],
                .address = "unix"},
               method);
}

grpc::Status Gate::Pass(const grpc::ServerContextBase& context, const ApiMethod& method,
                        absl::FunctionRef<absl::Status(const Principal&)> handle) const {
  absl::Time start = absl::Now();
  absl::StatusOr<Slots::Slot> slot = calls_.Take();
  absl::StatusOr<Principal> principal =
      slot.ok() ? Admit(context, method) : absl::StatusOr<Principal>(slot.status());
  absl::Status status = principal.ok() ? handle(*principal) : principal.status();
  Observe({.method = method,
           .status = status,
           .duration = absl::Now() - start,
           .principal = principal.ok() ? &*principal : nullptr});
  return ToGrpcStatus(status);
}

}  // namespace leasehold
