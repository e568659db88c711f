#ifndef LEASEHOLD_SERVER_API_ADMIN_SERVICE_H_
#define LEASEHOLD_SERVER_API_ADMIN_SERVICE_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "leasehold/v1/admin.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/read_pool.h"
#include "server/api/unary_call.h"
#include "server/api/unsealing.h"
#include "server/leases/key_rotator.h"
#include "server/leases/lease_authority.h"
#include "storage/store.h"

namespace leasehold {

// What only the wiring knows.
struct ServerFacts {
  std::string database;  // path
  absl::Time start_time;
  // What is unsafe about this installation, one sentence each, as found at start ("not isolated").
  std::vector<std::string> warnings;
};

// AdminService. Counting leases is done on `pool`, backups on `bulk`. The arguments must outlive
// it.
class AdminService final : public v1::AdminService::Service {
 public:
  AdminService(LeaseAuthority& authority, const Gate& gate, Store& store, ReadPool& pool,
               ReadPool& bulk, Unsealing& unsealing, KeyRotator& rotator, ServerFacts facts);

  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                         v1::Status* response) override;
  grpc::Status GetServerInfo(grpc::ServerContext* context, const v1::GetServerInfoRequest* request,
                             v1::ServerInfo* response) override;
  grpc::Status Backup(grpc::ServerContext* context, const v1::BackupRequest* request,
                      v1::BackupResponse* response) override;
  grpc::Status Unseal(grpc::ServerContext* context, const v1::UnsealRequest* request,
                      v1::UnsealResponse* response) override;
  grpc::Status RotateKeys(grpc::ServerContext* context, const v1::RotateKeysRequest* request,
                          v1::RotateKeysResponse* response) override;

 private:
  using BackupCall = std::shared_ptr<UnaryCall<v1::BackupResponse>>;

  v1::Status ReadStatus();
  void AddWarnings(const Space& space, UnixMillis last_backup, v1::Status& status);
  // On the bulk pool: copies, verifies, records.
  void MakeBackupCall(const BackupCall& call, const std::string& path);

  LeaseAuthority& authority_;
  const Gate& gate_;
  Store& store_;
  ReadPool& pool_;
  ReadPool& bulk_;
  Unsealing& unsealing_;
  KeyRotator& rotator_;
  const ServerFacts facts_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_ADMIN_SERVICE_H_
