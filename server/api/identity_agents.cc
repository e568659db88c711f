// IdentityService's agents.
#include <utility>

#include "server/api/entity_calls.h"
#include "server/api/identity_service.h"
#include "server/api/names.h"
#include "server/api/request_checks.h"

namespace leasehold {
namespace {

constexpr std::string_view kService = "leasehold.v1.IdentityService";

// Without its tokens, which only GetAgent and the like look up.
v1::Agent DescribeAgentBriefly(const State& state, const Entity& entity, UnixMillis) {
  v1::Agent agent;
  agent.ParseFromString(entity.body);
  agent.set_uid(entity.uid.value());
  for (std::string_view group : state.entities().GroupsOf(entity.uid)) {
    agent.add_groups(StrCat("groups/", group));
  }
  ToProto(entity.create_time, agent.mutable_create_time());
  agent.set_held(state.holds().Find(Selector::OfAgent(entity.uid)) != nullptr);
  agent.set_etag(EtagOf(entity.index));
  return agent;
}

v1::Agent DescribeAgent(const State& state, const Entity& entity, UnixMillis now) {
  v1::Agent agent = DescribeAgentBriefly(state, entity, now);
  for (const Credential& credential : state.credentials().all()) {
    if (credential.agent != entity.uid || credential.revoked ||
        credential.kind != ledger::v1::CREDENTIAL_KIND_AGENT_TOKEN ||
        (!credential.expire_time.empty() && credential.expire_time <= now)) {
      continue;
    }
    v1::AgentToken* token = agent.add_tokens();
    token->set_name(StrCat("agents/", entity.name, "/tokens/", credential.id.value()));
    if (!credential.expire_time.empty()) {
      ToProto(credential.expire_time, token->mutable_expire_time());
    }
  }
  return agent;
}

// When the agent ends. A moment that is over is refused, except where it is what the agent has
// already: changing an expired agent's description must not bring it back.
absl::StatusOr<UnixMillis> ParseAgentEnd(LeaseAuthority& authority, const Name& name,
                                         const v1::Agent& agent) {
  if (agent.has_expire_time()) {
    ASSIGN_OR_RETURN(UnixMillis wanted, FromProto(agent.expire_time(), "expire_time"));
    bool unchanged = authority.published().Read([&](const PublishedState::View& view) {
      const Entity* entity = view.state.entities().FindByName(EntityKind::kAgent, name.value());
      return entity != nullptr && entity->expire_time == wanted;
    });
    if (unchanged) {
      return wanted;
    }
  }
  return ParseExpireTime(agent.has_expire_time(), agent.expire_time(), authority.Now());
}

absl::StatusOr<EntityWrite> ParseAgent(LeaseAuthority& authority, const Principal& principal,
                                       const v1::Agent& agent) {
  RETURN_IF_ERROR(CheckNoUnknownFields(agent));
  ASSIGN_OR_RETURN(Name name, ParseId(agent.name(), "agents/"));
  RETURN_IF_ERROR(CheckOptionalText(agent.owner(), "owner"));
  RETURN_IF_ERROR(CheckOptionalText(agent.description(), "description"));
  ASSIGN_OR_RETURN(UnixMillis expire_time, ParseAgentEnd(authority, name, agent));
  v1::Agent body;
  body.set_name(agent.name());
  body.set_owner(agent.owner());
  body.set_description(agent.description());
  if (!expire_time.empty()) {
    ToProto(expire_time, body.mutable_expire_time());
  }
  EntityWrite write{.principal = principal,
                    .kind = EntityKind::kAgent,
                    .name = std::move(name),
                    .body = DeterministicBytes(body),
                    .expire_time = expire_time};
  ASSIGN_OR_RETURN(write.etag, ParseEtag(agent.etag()));
  return write;
}

}  // namespace

grpc::Status IdentityService::CreateAgent(grpc::ServerContext* context,
                                          const v1::CreateAgentRequest* request,
                                          v1::Agent* response) {
  static const ApiMethod& method = FindApiMethod(kService, "CreateAgent");
  return Dispatch<v1::Agent>(context, response, gate_, method, [&](auto call) {
    WriteCall<v1::Agent>(authority_, call,
                         ParseAgent(authority_, call->principal(), request->agent()), CreateEntity,
                         DescribeAgent);
  });
}

grpc::Status IdentityService::UpdateAgent(grpc::ServerContext* context,
                                          const v1::UpdateAgentRequest* request,
                                          v1::Agent* response) {
  static const ApiMethod& method = FindApiMethod(kService, "UpdateAgent");
  return Dispatch<v1::Agent>(context, response, gate_, method, [&](auto call) {
    WriteCall<v1::Agent>(authority_, call,
                         ParseAgent(authority_, call->principal(), request->agent()), UpdateEntity,
                         DescribeAgent);
  });
}

grpc::Status IdentityService::GetAgent(grpc::ServerContext* context,
                                       const v1::GetAgentRequest* request, v1::Agent* response) {
  static const ApiMethod& method = FindApiMethod(kService, "GetAgent");
  return DispatchRead<v1::Agent>(context, response, gate_, method, [&](const Principal&) {
    return ReadEntity<v1::Agent>(authority_, EntityKind::kAgent,
                                 ParseId(request->name(), "agents/"), DescribeAgent);
  });
}

grpc::Status IdentityService::ListAgents(grpc::ServerContext* context,
                                         const v1::ListAgentsRequest* request,
                                         v1::ListAgentsResponse* response) {
  static const ApiMethod& method = FindApiMethod(kService, "ListAgents");
  using Response = v1::ListAgentsResponse;
  return DispatchRead<Response>(context, response, gate_, method, [&](const Principal&) {
    return ListEntities<Response, v1::Agent>(
        authority_, tokens_, *request, EntityKind::kAgent, DescribeAgentBriefly,
        [](Response& page, v1::Agent agent) { *page.add_agents() = std::move(agent); });
  });
}

grpc::Status IdentityService::DeleteAgent(grpc::ServerContext* context,
                                          const v1::DeleteAgentRequest* request,
                                          google::protobuf::Empty* response) {
  static const ApiMethod& method = FindApiMethod(kService, "DeleteAgent");
  return Dispatch<google::protobuf::Empty>(context, response, gate_, method, [&](auto call) {
    DeleteCall(authority_, call, EntityKind::kAgent, ParseId(request->name(), "agents/"),
               request->etag());
  });
}

}  // namespace leasehold
