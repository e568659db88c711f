#ifndef LEASEHOLD_SERVER_API_LEDGER_SERVICE_H_
#define LEASEHOLD_SERVER_API_LEDGER_SERVICE_H_

#include "leasehold/v1/ledger.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/page_token.h"
#include "server/api/read_pool.h"
#include "server/api/stream_call.h"
#include "server/api/unary_call.h"
#include "server/leases/lease_authority.h"
#include "storage/store.h"

namespace leasehold {

// LedgerService. Pages are read on `pool`; exports, which take as long as their callers like, on
// the threads of their calls. The arguments must outlive it.
class LedgerService final : public v1::LedgerService::Service {
 public:
  LedgerService(LeaseAuthority& authority, const Gate& gate, Store& store, ReadPool& pool,
                OpenStreams& streams);

  grpc::Status ListEntries(grpc::ServerContext* context, const v1::ListEntriesRequest* request,
                           v1::ListEntriesResponse* response) override;
  grpc::Status QueryUsage(grpc::ServerContext* context, const v1::QueryUsageRequest* request,
                          v1::QueryUsageResponse* response) override;
  grpc::Status GetCheckpoint(grpc::ServerContext* context, const v1::GetCheckpointRequest* request,
                             v1::Checkpoint* response) override;
  grpc::Status ExportEntries(grpc::ServerContext* context, const v1::ExportEntriesRequest* request,
                             grpc::ServerWriter<v1::ExportRecord>* writer) override;
  grpc::Status WatchEntries(grpc::ServerContext* context, const v1::WatchEntriesRequest* request,
                            grpc::ServerWriter<v1::WatchEntriesEvent>* writer) override;

 private:
  absl::StatusOr<v1::ListEntriesResponse> ReadEntries(const v1::ListEntriesRequest& request) const;
  absl::StatusOr<v1::QueryUsageResponse> ReadUsage(const v1::QueryUsageRequest& request) const;
  // Writes everything that one view of the store holds.
  absl::Status Export(StreamCall<v1::ExportRecord>& call) const;

  LeaseAuthority& authority_;
  const Gate& gate_;
  Store& store_;
  ReadPool& pool_;
  OpenStreams& streams_;
  const PageTokens tokens_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_LEDGER_SERVICE_H_
