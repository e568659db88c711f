#ifndef LEASEHOLD_SERVER_API_APPROVAL_SERVICE_H_
#define LEASEHOLD_SERVER_API_APPROVAL_SERVICE_H_

#include <string>

#include "leasehold/v1/approval.grpc.pb.h"
#include "server/api/gate.h"
#include "server/leases/lease_authority.h"

namespace leasehold {

// ApprovalService: reads answer from published state, answers of approvers wait for their commit.
class ApprovalService final : public v1::ApprovalService::Service {
 public:
  ApprovalService(LeaseAuthority& authority, const Gate& gate)
      : authority_(authority), gate_(gate) {}

  grpc::Status ListApprovals(grpc::ServerContext* context, const v1::ListApprovalsRequest* request,
                             v1::ListApprovalsResponse* response) override;
  grpc::Status GetApproval(grpc::ServerContext* context, const v1::GetApprovalRequest* request,
                           v1::Approval* response) override;
  grpc::Status Approve(grpc::ServerContext* context, const v1::ApproveRequest* request,
                       v1::Approval* response) override;
  grpc::Status Reject(grpc::ServerContext* context, const v1::RejectRequest* request,
                      v1::Approval* response) override;

 private:
  grpc::Status Decide(grpc::ServerContext* context, const ApiMethod& method,
                      const std::string& name, const std::string& reason, bool approved,
                      v1::Approval* response);

  LeaseAuthority& authority_;
  const Gate& gate_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_APPROVAL_SERVICE_H_
