#ifndef LEASEHOLD_SERVER_API_LEASE_SERVICE_H_
#define LEASEHOLD_SERVER_API_LEASE_SERVICE_H_

#include "leasehold/v1/lease.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/hot/hot_call.h"
#include "server/api/hot/hot_stream.h"
#include "server/api/open_streams.h"
#include "server/api/page_token.h"
#include "server/leases/lease_authority.h"
#include "storage/store.h"

namespace leasehold {

// LeaseService: what agents and adapters call all the time is on the hot thread, the rest on
// threads of their own.
using LeaseServiceBase = v1::LeaseService::WithAsyncMethod_AcquireLease<
    v1::LeaseService::WithAsyncMethod_BatchAcquireLeases<
        v1::LeaseService::WithAsyncMethod_RenewLease<v1::LeaseService::WithAsyncMethod_ReleaseLease<
            v1::LeaseService::WithAsyncMethod_CheckLease<
                v1::LeaseService::WithAsyncMethod_KeepAlive<v1::LeaseService::Service>>>>>>;

class LeaseService final : public LeaseServiceBase {
 public:
  // The arguments must outlive it. `streams` are those of watches, `hot_streams` those that keep
  // leases alive.
  LeaseService(LeaseAuthority& authority, const Gate& gate, Store& store, OpenStreams& streams,
               HotStreams& hot_streams);

  // Waits for `calls` calls of each hot method at once, after the server was started.
  void AwaitCalls(grpc::ServerCompletionQueue* queue, int calls);

  grpc::Status GetLease(grpc::ServerContext* context, const v1::GetLeaseRequest* request,
                        v1::Lease* response) override;
  grpc::Status ListLeases(grpc::ServerContext* context, const v1::ListLeasesRequest* request,
                          v1::ListLeasesResponse* response) override;
  grpc::Status DelegateLease(grpc::ServerContext* context, const v1::DelegateLeaseRequest* request,
                             v1::AcquireLeaseResponse* response) override;
  grpc::Status WatchLeases(grpc::ServerContext* context, const v1::WatchLeasesRequest* request,
                           grpc::ServerWriter<v1::WatchLeasesEvent>* writer) override;

 private:
  using AcquireCall = HotCall<v1::AcquireLeaseRequest, v1::AcquireLeaseResponse>;
  using BatchCall = HotCall<v1::BatchAcquireLeasesRequest, v1::BatchAcquireLeasesResponse>;
  using RenewCall = HotCall<v1::RenewLeaseRequest, v1::Lease>;
  using ReleaseCall = HotCall<v1::ReleaseLeaseRequest, v1::Lease>;
  using CheckCall = HotCall<v1::CheckLeaseRequest, v1::CheckLeaseResponse>;
  using KeepAliveStream = HotStream<v1::KeepAliveRequest, v1::KeepAliveResponse>;

  std::unique_ptr<Operation> HandleAcquire(AcquireCall* call);
  void HandleBatch(BatchCall* call);
  std::unique_ptr<Operation> HandleRenew(RenewCall* call);
  void HandleRelease(ReleaseCall* call);
  std::unique_ptr<Operation> HandleKeepAlive(KeepAliveStream* stream, uint64_t place,
                                             v1::KeepAliveRequest& message);
  // Answers a message of a stream, and ties the stream to the lease that the first one proved.
  void AnswerKeepAlive(KeepAliveStream* stream, uint64_t place, LeaseNumber lease,
                       const absl::Status& renewed);
  absl::StatusOr<v1::CheckLeaseResponse> Check(const Principal& principal,
                                               const v1::CheckLeaseRequest& request);

  LeaseAuthority& authority_;
  const Gate& gate_;
  Store& store_;
  OpenStreams& streams_;
  const PageTokens tokens_;
  AcquireCall::Method acquire_;
  BatchCall::Method batch_acquire_;
  RenewCall::Method renew_;
  ReleaseCall::Method release_;
  CheckCall::Method check_;
  KeepAliveStream::Method keep_alive_;
  const ApiMethod& get_;
  const ApiMethod& list_;
  const ApiMethod& delegate_;
  const ApiMethod& watch_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_LEASE_SERVICE_H_
