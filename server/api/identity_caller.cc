// IdentityService: who is calling.
#include <set>
#include <string>
#include <utility>

#include "server/api/identity_service.h"
#include "server/api/names.h"
#include "server/api/request_checks.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.IdentityService";

std::string_view MethodOf(const Principal& principal) {
  switch (principal.method) {
    case AuthMethod::kPeerCredentials:
      return principal.role == Role::kAgent     ? "agent_socket"
             : principal.role == Role::kAdapter ? "adapter_socket"
                                                : "admin_socket";
    case AuthMethod::kAgentToken:
      return "agent_token";
    case AuthMethod::kMtls:
      return "client_certificate";
    case AuthMethod::kJwt:
      return "jwt";
    case AuthMethod::kOperatorSession:
      return "operator_session";
    case AuthMethod::kHandle:
      return "broker_handle";
    case AuthMethod::kServer:
    case AuthMethod::kOffline:
      return "server";
  }
  return "server";
}

}  // namespace

grpc::Status IdentityService::GetCaller(grpc::ServerContext* context, const v1::GetCallerRequest*,
                                        v1::Caller* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetCaller");
  return DispatchRead<v1::Caller>(context, response, gate_, method, [&](const Principal& caller) {
    v1::Caller answer;
    answer.set_principal(caller.name);
    answer.set_role(static_cast<v1::Role>(caller.role));
    answer.set_method(std::string(MethodOf(caller)));
    answer.set_address(caller.address);
    answer.set_user(caller.user);
    if (!caller.credential.empty()) {
      answer.set_credential(StrCat("credentials/", caller.credential.value()));
    }
    if (caller.expire_time.has_value()) {
      ToProto(UnixMillis::From(*caller.expire_time), answer.mutable_expire_time());
    }
    authority_.published().Read([&](const PublishedState::View& view) {
      const EntityTable& entities = view.state.entities();
      std::set<std::string> groups;
      if (!caller.agent.empty()) {
        for (std::string_view group : entities.GroupsOf(caller.agent)) groups.emplace(group);
      }
      for (const std::string& group : caller.claimed_groups) {
        if (entities.FindByName(EntityKind::kGroup, group) != nullptr) groups.insert(group);
      }
      for (const std::string& group : groups) answer.add_groups(StrCat("groups/", group));
    });
    return absl::StatusOr<v1::Caller>(std::move(answer));
  });
}

}  // namespace leasehold
