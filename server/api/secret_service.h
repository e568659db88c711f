#ifndef LEASEHOLD_SERVER_API_SECRET_SERVICE_H_
#define LEASEHOLD_SERVER_API_SECRET_SERVICE_H_

#include "leasehold/v1/secret.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/page_token.h"
#include "server/api/read_pool.h"
#include "server/api/unary_call.h"
#include "server/leases/lease_authority.h"
#include "server/leases/operations/secrets.h"
#include "storage/store.h"

namespace leasehold {

// SecretService: metadata from published state; the names of a version's fields lie in the store
// and are read on `pool`. All arguments must outlive it.
class SecretService final : public v1::SecretService::Service {
 public:
  SecretService(LeaseAuthority& authority, const Gate& gate, Store& store, ReadPool& pool);

  grpc::Status CreateSecret(grpc::ServerContext* context, const v1::CreateSecretRequest* request,
                            v1::Secret* response) override;
  grpc::Status GetSecret(grpc::ServerContext* context, const v1::GetSecretRequest* request,
                         v1::Secret* response) override;
  grpc::Status ListSecrets(grpc::ServerContext* context, const v1::ListSecretsRequest* request,
                           v1::ListSecretsResponse* response) override;
  grpc::Status UpdateSecret(grpc::ServerContext* context, const v1::UpdateSecretRequest* request,
                            v1::Secret* response) override;
  grpc::Status DeleteSecret(grpc::ServerContext* context, const v1::DeleteSecretRequest* request,
                            google::protobuf::Empty* response) override;
  grpc::Status AddVersion(grpc::ServerContext* context, const v1::AddVersionRequest* request,
                          v1::Version* response) override;
  grpc::Status ListVersions(grpc::ServerContext* context, const v1::ListVersionsRequest* request,
                            v1::ListVersionsResponse* response) override;
  grpc::Status DisableVersion(grpc::ServerContext* context,
                              const v1::DisableVersionRequest* request,
                              v1::Version* response) override;
  grpc::Status EnableVersion(grpc::ServerContext* context, const v1::EnableVersionRequest* request,
                             v1::Version* response) override;
  grpc::Status DestroyVersion(grpc::ServerContext* context,
                              const v1::DestroyVersionRequest* request,
                              v1::Version* response) override;

 private:
  using VersionCall = std::shared_ptr<UnaryCall<v1::Version>>;

  void ChangeVersionCall(VersionCall call, std::string_view name, VersionState state);
  // Ends `call` with the version as it is, once its operation is durable.
  LeaseAuthority::Done<VersionKey> AnswerWithVersion(VersionCall call);
  absl::StatusOr<v1::Version> ReadVersion(StoreView& view, const VersionKey& key) const;
  absl::StatusOr<v1::ListVersionsResponse> ReadVersions(
      const v1::ListVersionsRequest& request) const;

  LeaseAuthority& authority_;
  const Gate& gate_;
  Store& store_;
  ReadPool& pool_;
  const PageTokens tokens_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_SECRET_SERVICE_H_
