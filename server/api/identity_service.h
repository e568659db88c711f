#ifndef LEASEHOLD_SERVER_API_IDENTITY_SERVICE_H_
#define LEASEHOLD_SERVER_API_IDENTITY_SERVICE_H_

#include "leasehold/v1/identity.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/page_token.h"
#include "server/api/unary_call.h"
#include "server/identity/jwt/jwt_verifier.h"
#include "server/identity/stranger_limiter.h"
#include "server/leases/lease_authority.h"

namespace leasehold {

// How people log in.
struct LoginSettings {
  // null = nobody does, and nobody can: no issuer is configured.
  JwtVerifier* verifier = nullptr;
  absl::Duration session_ttl = absl::Hours(8);
};

// IdentityService: reads from the published state, writes through the committer. Its methods are in
// identity_agents.cc, identity_tokens.cc, identity_caller.cc, identity_groups.cc,
// identity_sessions.cc and identity_targets.cc. The arguments must outlive it.
class IdentityService final : public v1::IdentityService::Service {
 public:
  IdentityService(LeaseAuthority& authority, const Gate& gate, const LoginSettings& login = {})
      : authority_(authority), gate_(gate), login_(login), tokens_(authority.vault()) {}

  grpc::Status CreateAgent(grpc::ServerContext* context, const v1::CreateAgentRequest* request,
                           v1::Agent* response) override;
  grpc::Status GetAgent(grpc::ServerContext* context, const v1::GetAgentRequest* request,
                        v1::Agent* response) override;
  grpc::Status ListAgents(grpc::ServerContext* context, const v1::ListAgentsRequest* request,
                          v1::ListAgentsResponse* response) override;
  grpc::Status UpdateAgent(grpc::ServerContext* context, const v1::UpdateAgentRequest* request,
                           v1::Agent* response) override;
  grpc::Status DeleteAgent(grpc::ServerContext* context, const v1::DeleteAgentRequest* request,
                           google::protobuf::Empty* response) override;
  grpc::Status IssueToken(grpc::ServerContext* context, const v1::IssueTokenRequest* request,
                          v1::IssueTokenResponse* response) override;
  grpc::Status RevokeToken(grpc::ServerContext* context, const v1::RevokeTokenRequest* request,
                           google::protobuf::Empty* response) override;

  grpc::Status RotateToken(grpc::ServerContext* context, const v1::RotateTokenRequest* request,
                           v1::IssueTokenResponse* response) override;
  grpc::Status CreateEnrolmentToken(grpc::ServerContext* context,
                                    const v1::CreateEnrolmentTokenRequest* request,
                                    v1::CreateEnrolmentTokenResponse* response) override;
  grpc::Status EnrolAgent(grpc::ServerContext* context, const v1::EnrolAgentRequest* request,
                          v1::IssueTokenResponse* response) override;

  grpc::Status CreateGroup(grpc::ServerContext* context, const v1::CreateGroupRequest* request,
                           v1::Group* response) override;
  grpc::Status GetGroup(grpc::ServerContext* context, const v1::GetGroupRequest* request,
                        v1::Group* response) override;
  grpc::Status ListGroups(grpc::ServerContext* context, const v1::ListGroupsRequest* request,
                          v1::ListGroupsResponse* response) override;
  grpc::Status UpdateGroup(grpc::ServerContext* context, const v1::UpdateGroupRequest* request,
                           v1::Group* response) override;
  grpc::Status DeleteGroup(grpc::ServerContext* context, const v1::DeleteGroupRequest* request,
                           google::protobuf::Empty* response) override;

  grpc::Status CreateTarget(grpc::ServerContext* context, const v1::CreateTargetRequest* request,
                            v1::Target* response) override;
  grpc::Status GetTarget(grpc::ServerContext* context, const v1::GetTargetRequest* request,
                         v1::Target* response) override;
  grpc::Status ListTargets(grpc::ServerContext* context, const v1::ListTargetsRequest* request,
                           v1::ListTargetsResponse* response) override;
  grpc::Status UpdateTarget(grpc::ServerContext* context, const v1::UpdateTargetRequest* request,
                            v1::Target* response) override;
  grpc::Status DeleteTarget(grpc::ServerContext* context, const v1::DeleteTargetRequest* request,
                            google::protobuf::Empty* response) override;

  grpc::Status GetCaller(grpc::ServerContext* context, const v1::GetCallerRequest* request,
                         v1::Caller* response) override;

  grpc::Status GetLoginOptions(grpc::ServerContext* context,
                               const v1::GetLoginOptionsRequest* request,
                               v1::LoginOptions* response) override;
  grpc::Status CreateSession(grpc::ServerContext* context, const v1::CreateSessionRequest* request,
                             v1::CreateSessionResponse* response) override;
  grpc::Status EndSession(grpc::ServerContext* context, const v1::EndSessionRequest* request,
                          google::protobuf::Empty* response) override;

 private:
  LeaseAuthority& authority_;
  const Gate& gate_;
  const LoginSettings login_;
  StrangerLimiter strangers_;
  const PageTokens tokens_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_IDENTITY_SERVICE_H_
