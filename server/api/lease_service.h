#ifndef LEASEHOLD_SERVER_API_LEASE_SERVICE_H_
#define LEASEHOLD_SERVER_API_LEASE_SERVICE_H_

#include "leasehold/v1/lease.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/hot/hot_call.h"
#include "server/leases/lease_authority.h"

namespace leasehold {

// LeaseService: AcquireLease and RenewLease on the hot thread, the rest on threads of their own.
using LeaseServiceBase = v1::LeaseService::WithAsyncMethod_AcquireLease<
    v1::LeaseService::WithAsyncMethod_RenewLease<v1::LeaseService::Service>>;

class LeaseService final : public LeaseServiceBase {
 public:
  LeaseService(LeaseAuthority& authority, const Gate& gate);

  // Waits for `calls` calls of each hot method at once, after the server was started.
  void AwaitCalls(grpc::ServerCompletionQueue* queue, int calls);

  grpc::Status BatchAcquireLeases(grpc::ServerContext* context,
                                  const v1::BatchAcquireLeasesRequest* request,
                                  v1::BatchAcquireLeasesResponse* response) override;
  grpc::Status GetLease(grpc::ServerContext* context, const v1::GetLeaseRequest* request,
                        v1::Lease* response) override;
  grpc::Status ListLeases(grpc::ServerContext* context, const v1::ListLeasesRequest* request,
                          v1::ListLeasesResponse* response) override;
  grpc::Status ReleaseLease(grpc::ServerContext* context, const v1::ReleaseLeaseRequest* request,
                            v1::Lease* response) override;
  grpc::Status DelegateLease(grpc::ServerContext* context, const v1::DelegateLeaseRequest* request,
                             v1::AcquireLeaseResponse* response) override;
  grpc::Status CheckLease(grpc::ServerContext* context, const v1::CheckLeaseRequest* request,
                          v1::CheckLeaseResponse* response) override;

 private:
  using AcquireCall = HotCall<v1::AcquireLeaseRequest, v1::AcquireLeaseResponse>;
  using RenewCall = HotCall<v1::RenewLeaseRequest, v1::Lease>;

  std::unique_ptr<Operation> HandleAcquire(AcquireCall* call);
  std::unique_ptr<Operation> HandleRenew(RenewCall* call);

  LeaseAuthority& authority_;
  const Gate& gate_;
  AcquireCall::Method acquire_;
  RenewCall::Method renew_;
  const ApiMethod& batch_acquire_;
  const ApiMethod& get_;
  const ApiMethod& list_;
  const ApiMethod& release_;
  const ApiMethod& delegate_;
  const ApiMethod& check_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_LEASE_SERVICE_H_
