#include "client/cli/resource.h"

#include "client/cli/arguments/near_name.h"
#include "client/cli/pages.h"
#include "client/cli/session.h"
#include "client/cli/terminal/cli_error.h"
#include "leasehold/v1/identity.grpc.pb.h"
#include "leasehold/v1/secret.grpc.pb.h"
#include "server/base/name.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// "secret name" for "secrets/".
std::string Called(std::string_view collection) {
  if (collection == "policies/") return "policy name";
  return StrCat(collection.substr(0, collection.size() - 2), " name");
}

template <typename Item>
void AppendNames(const absl::StatusOr<Listed<Item>>& listed, std::vector<std::string>* names) {
  if (!listed.ok()) return;
  for (const Item& item : listed->items) names->push_back(ShortName(item.name()));
}

std::vector<std::string> NamesOf(Session& session, std::string_view collection) {
  std::vector<std::string> names;
  if (collection == "secrets/") {
    AppendNames(ListAll(session, &v1::SecretService::Stub::ListSecrets, v1::ListSecretsRequest(),
                        &v1::ListSecretsResponse::secrets),
                &names);
  } else if (collection == "agents/") {
    AppendNames(ListAll(session, &v1::IdentityService::Stub::ListAgents, v1::ListAgentsRequest(),
                        &v1::ListAgentsResponse::agents),
                &names);
  } else if (collection == "groups/") {
    AppendNames(ListAll(session, &v1::IdentityService::Stub::ListGroups, v1::ListGroupsRequest(),
                        &v1::ListGroupsResponse::groups),
                &names);
  } else if (collection == "targets/") {
    AppendNames(ListAll(session, &v1::IdentityService::Stub::ListTargets, v1::ListTargetsRequest(),
                        &v1::ListTargetsResponse::targets),
                &names);
  }
  return names;
}

}  // namespace

absl::StatusOr<std::string> ResourceName(std::string_view collection, std::string_view typed) {
  const std::string_view path =
      typed.starts_with(collection) ? typed.substr(collection.size()) : typed;
  const auto name = Name::Parse(path, Called(collection));
  if (!name.ok()) return UsageError(ToStd(name.status().message()));
  return StrCat(collection, name->value());
}

std::string ShortName(std::string_view resource) {
  for (const std::string_view collection :
       {"secrets/", "agents/", "groups/", "targets/", "workflows/"}) {
    if (resource.starts_with(collection)) return std::string(resource.substr(collection.size()));
  }
  return std::string(resource);
}

std::string LeaseName(std::string_view typed) {
  return typed.starts_with("leases/") ? std::string(typed) : StrCat("leases/", typed);
}

absl::Status WithNearName(Session& session, const absl::Status& error, std::string_view collection,
                          std::string_view resource) {
  if (ExitStatusOf(error) != ExitStatus::kNotFound) return error;
  const std::string hint =
      NearNameHint(ShortName(resource), NamesOf(session, collection), HintOf(error));
  return hint.empty() ? error : WithHint(error, hint);
}

absl::Status CheckExists(Session& session, std::string_view collection,
                         const std::string& resource) {
  absl::Status status;
  if (resource.empty()) return status;
  if (collection == "agents/") {
    v1::GetAgentRequest request;
    request.set_name(resource);
    status = session.Call(&v1::IdentityService::Stub::GetAgent, request).status();
  } else if (collection == "secrets/") {
    v1::GetSecretRequest request;
    request.set_name(resource);
    status = session.Call(&v1::SecretService::Stub::GetSecret, request).status();
  } else if (collection == "targets/") {
    v1::GetTargetRequest request;
    request.set_name(resource);
    status = session.Call(&v1::IdentityService::Stub::GetTarget, request).status();
  }
  if (ExitStatusOf(status) != ExitStatus::kNotFound) return absl::OkStatus();
  return WithNearName(session, status, collection, resource);
}

}  // namespace leasehold
