#ifndef LEASEHOLD_SERVER_API_IDENTITY_SERVICE_H_
#define LEASEHOLD_SERVER_API_IDENTITY_SERVICE_H_

#include "leasehold/v1/identity.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/page_token.h"
#include "server/api/unary_call.h"
#include "server/leases/lease_authority.h"

namespace leasehold {

// IdentityService, from published state alone. Its methods are in identity_agents.cc,
// identity_tokens.cc, identity_groups.cc and identity_targets.cc. The arguments must outlive it.
class IdentityService final : public v1::IdentityService::CallbackService {
 public:
  IdentityService(LeaseAuthority& authority, const Gate& gate)
      : authority_(authority), gate_(gate), tokens_(authority.vault()) {}

  grpc::ServerUnaryReactor* CreateAgent(grpc::CallbackServerContext* context,
                                        const v1::CreateAgentRequest* request,
                                        v1::Agent* response) override;
  grpc::ServerUnaryReactor* GetAgent(grpc::CallbackServerContext* context,
                                     const v1::GetAgentRequest* request,
                                     v1::Agent* response) override;
  grpc::ServerUnaryReactor* ListAgents(grpc::CallbackServerContext* context,
                                       const v1::ListAgentsRequest* request,
                                       v1::ListAgentsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateAgent(grpc::CallbackServerContext* context,
                                        const v1::UpdateAgentRequest* request,
                                        v1::Agent* response) override;
  grpc::ServerUnaryReactor* DeleteAgent(grpc::CallbackServerContext* context,
                                        const v1::DeleteAgentRequest* request,
                                        google::protobuf::Empty* response) override;
  grpc::ServerUnaryReactor* IssueToken(grpc::CallbackServerContext* context,
                                       const v1::IssueTokenRequest* request,
                                       v1::IssueTokenResponse* response) override;
  grpc::ServerUnaryReactor* RevokeToken(grpc::CallbackServerContext* context,
                                        const v1::RevokeTokenRequest* request,
                                        google::protobuf::Empty* response) override;

  grpc::ServerUnaryReactor* CreateGroup(grpc::CallbackServerContext* context,
                                        const v1::CreateGroupRequest* request,
                                        v1::Group* response) override;
  grpc::ServerUnaryReactor* GetGroup(grpc::CallbackServerContext* context,
                                     const v1::GetGroupRequest* request,
                                     v1::Group* response) override;
  grpc::ServerUnaryReactor* ListGroups(grpc::CallbackServerContext* context,
                                       const v1::ListGroupsRequest* request,
                                       v1::ListGroupsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateGroup(grpc::CallbackServerContext* context,
                                        const v1::UpdateGroupRequest* request,
                                        v1::Group* response) override;
  grpc::ServerUnaryReactor* DeleteGroup(grpc::CallbackServerContext* context,
                                        const v1::DeleteGroupRequest* request,
                                        google::protobuf::Empty* response) override;

  grpc::ServerUnaryReactor* CreateTarget(grpc::CallbackServerContext* context,
                                         const v1::CreateTargetRequest* request,
                                         v1::Target* response) override;
  grpc::ServerUnaryReactor* GetTarget(grpc::CallbackServerContext* context,
                                      const v1::GetTargetRequest* request,
                                      v1::Target* response) override;
  grpc::ServerUnaryReactor* ListTargets(grpc::CallbackServerContext* context,
                                        const v1::ListTargetsRequest* request,
                                        v1::ListTargetsResponse* response) override;
  grpc::ServerUnaryReactor* UpdateTarget(grpc::CallbackServerContext* context,
                                         const v1::UpdateTargetRequest* request,
                                         v1::Target* response) override;
  grpc::ServerUnaryReactor* DeleteTarget(grpc::CallbackServerContext* context,
                                         const v1::DeleteTargetRequest* request,
                                         google::protobuf::Empty* response) override;

  grpc::ServerUnaryReactor* GetCaller(grpc::CallbackServerContext* context,
                                      const v1::GetCallerRequest* request,
                                      v1::Caller* response) override;

 private:
  LeaseAuthority& authority_;
  const Gate& gate_;
  const PageTokens tokens_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_IDENTITY_SERVICE_H_
