#ifndef LEASEHOLD_SERVER_API_REVOCATION_SERVICE_H_
#define LEASEHOLD_SERVER_API_REVOCATION_SERVICE_H_

#include "leasehold/v1/revocation.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/revocation_methods.h"

namespace leasehold {

// RevocationService on the main server, beside everything else.
class RevocationService final : public v1::RevocationService::CallbackService {
 public:
  RevocationService(RevocationMethods& methods, const Gate& gate);

  grpc::ServerUnaryReactor* Revoke(grpc::CallbackServerContext* context,
                                   const v1::RevokeRequest* request,
                                   v1::Revocation* response) override;
  grpc::ServerUnaryReactor* GetRevocation(grpc::CallbackServerContext* context,
                                          const v1::GetRevocationRequest* request,
                                          v1::Revocation* response) override;
  grpc::ServerUnaryReactor* Resume(grpc::CallbackServerContext* context,
                                   const v1::ResumeRequest* request,
                                   v1::ResumeResponse* response) override;
  grpc::ServerUnaryReactor* ListHolds(grpc::CallbackServerContext* context,
                                      const v1::ListHoldsRequest* request,
                                      v1::ListHoldsResponse* response) override;

 private:
  RevocationMethods& methods_;
  const Gate& gate_;
};

// RevocationService on a server of its own, behind revoke.sock. It is of the synchronous kind,
// because that has threads of its own: those of the callback API are shared by all servers of the
// process, so a flood on the main port would reach them.
class DedicatedRevocationService final : public v1::RevocationService::Service {
 public:
  DedicatedRevocationService(RevocationMethods& methods, const Gate& gate);

  grpc::Status Revoke(grpc::ServerContext* context, const v1::RevokeRequest* request,
                      v1::Revocation* response) override;
  grpc::Status GetRevocation(grpc::ServerContext* context, const v1::GetRevocationRequest* request,
                             v1::Revocation* response) override;
  grpc::Status Resume(grpc::ServerContext* context, const v1::ResumeRequest* request,
                      v1::ResumeResponse* response) override;
  grpc::Status ListHolds(grpc::ServerContext* context, const v1::ListHoldsRequest* request,
                         v1::ListHoldsResponse* response) override;

 private:
  RevocationMethods& methods_;
  const Gate& gate_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_REVOCATION_SERVICE_H_
