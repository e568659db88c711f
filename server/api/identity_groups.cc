// IdentityService's groups.
#include <utility>

#include "server/api/entity_calls.h"
#include "server/api/identity_service.h"
#include "server/api/names.h"
#include "server/api/request_checks.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.IdentityService";

// As many as an operator may want in one list. Every change of a group looks at all of them.
constexpr int kGroupMembersMax = 10'000;

v1::Group DescribeGroup(const State& state, const Entity& entity, UnixMillis) {
  v1::Group group;
  group.ParseFromString(entity.body);
  group.set_uid(entity.uid.value());
  for (EntityUid agent : entity.agents) {
    group.add_agents(StrCat("agents/", state.entities().Find(agent)->name));
  }
  for (TextId user : entity.users) {
    group.add_users(std::string(state.texts().Get(user)));
  }
  ToProto(entity.create_time, group.mutable_create_time());
  group.set_etag(EtagOf(entity.index));
  return group;
}

absl::StatusOr<EntityWrite> ParseGroup(const Principal& principal, const v1::Group& group) {
  RETURN_IF_ERROR(CheckNoUnknownFields(group));
  ASSIGN_OR_RETURN(Name name, ParseId(group.name(), "groups/"));
  RETURN_IF_ERROR(CheckOptionalText(group.description(), "description"));
  if (group.agents_size() + group.users_size() > kGroupMembersMax) {
    return Error(Reason::kInvalidArgument,
                 StrCat("a group has at most ", kGroupMembersMax, " agents and users"));
  }
  // Members are not in the body: they have entries of their own, and an agent that is deleted
  // leaves its groups.
  v1::Group body;
  body.set_name(group.name());
  body.set_description(group.description());
  EntityWrite write{.principal = principal,
                    .kind = EntityKind::kGroup,
                    .name = std::move(name),
                    .body = DeterministicBytes(body)};
  for (const std::string& agent : group.agents()) {
    absl::StatusOr<Name> member = ParseId(agent, "agents/");
    if (!member.ok()) {
      return Annotate(member.status(), "agents");
    }
    write.member_agents.push_back(*std::move(member));
  }
  for (const std::string& user : group.users()) {
    RETURN_IF_ERROR(Text::Parse(user, "users").status());
    write.member_users.push_back(user);
  }
  ASSIGN_OR_RETURN(write.etag, ParseEtag(group.etag()));
  return write;
}

}  // namespace

grpc::Status IdentityService::CreateGroup(grpc::ServerContext* context,
                                          const v1::CreateGroupRequest* request,
                                          v1::Group* response) {
  static const ApiMethod& method = FindApiMethod(kService, "CreateGroup");
  return Dispatch<v1::Group>(context, response, gate_, method, [&](auto call) {
    WriteCall<v1::Group>(authority_, call, ParseGroup(call->principal(), request->group()),
                         CreateEntity, DescribeGroup);
  });
}

grpc::Status IdentityService::UpdateGroup(grpc::ServerContext* context,
                                          const v1::UpdateGroupRequest* request,
                                          v1::Group* response) {
  static const ApiMethod& method = FindApiMethod(kService, "UpdateGroup");
  return Dispatch<v1::Group>(context, response, gate_, method, [&](auto call) {
    WriteCall<v1::Group>(authority_, call, ParseGroup(call->principal(), request->group()),
                         UpdateEntity, DescribeGroup);
  });
}

grpc::Status IdentityService::GetGroup(grpc::ServerContext* context,
                                       const v1::GetGroupRequest* request, v1::Group* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetGroup");
  return DispatchRead<v1::Group>(context, response, gate_, method, [&](const Principal&) {
    return ReadEntity<v1::Group>(authority_, EntityKind::kGroup,
                                 ParseId(request->name(), "groups/"), DescribeGroup);
  });
}

grpc::Status IdentityService::ListGroups(grpc::ServerContext* context,
                                         const v1::ListGroupsRequest* request,
                                         v1::ListGroupsResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ListGroups");
  using Response = v1::ListGroupsResponse;
  return DispatchRead<Response>(context, response, gate_, method, [&](const Principal&) {
    return ListEntities<Response, v1::Group>(
        authority_, tokens_, *request, EntityKind::kGroup, DescribeGroup,
        [](Response& page, v1::Group group) { *page.add_groups() = std::move(group); });
  });
}

grpc::Status IdentityService::DeleteGroup(grpc::ServerContext* context,
                                          const v1::DeleteGroupRequest* request,
                                          google::protobuf::Empty* response) {
  static const ApiMethod& method = FindApiMethod(kService, "DeleteGroup");
  return Dispatch<google::protobuf::Empty>(context, response, gate_, method, [&](auto call) {
    DeleteCall(authority_, call, EntityKind::kGroup, ParseId(request->name(), "groups/"),
               request->etag());
  });
}

}  // namespace leasehold
