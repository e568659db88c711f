#ifndef LEASEHOLD_TESTS_UNIT_SERVER_API_API_SERVER_H_
#define LEASEHOLD_TESTS_UNIT_SERVER_API_API_SERVER_H_

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/status.h>

#include <memory>
#include <string>

#include "absl/time/time.h"
#include "server/identity/jwt/jwt_verifier.h"
#include "server/leases/lease_authority.h"
#include "server/vault/secret_bytes.h"
#include "storage/store.h"
#include "tests/support/switchable_store.h"

namespace leasehold {

// The whole API on a real store in a folder of its own, behind real sockets: everything but the
// broker and metrics. One test owns it.
class ApiServer {
 public:
  // Trusts the issuers of `verifier`, which outlives it, or none. With the root key under
  // `passphrase`, and sealed then, where one is given.
  // Callers of streams who take nothing for `stalled_max` are cut off.
  explicit ApiServer(JwtVerifier* verifier = nullptr, const SecretBytes* passphrase = nullptr,
                     absl::Duration stalled_max = absl::Seconds(60));
  ~ApiServer();
  ApiServer(const ApiServer&) = delete;
  ApiServer& operator=(const ApiServer&) = delete;

  // One channel for each way in.
  std::shared_ptr<grpc::Channel> admin() const;
  std::shared_ptr<grpc::Channel> agent() const;    // agent.sock, needs a token
  std::shared_ptr<grpc::Channel> adapter() const;  // adapter.sock
  std::shared_ptr<grpc::Channel> tcp() const;      // needs a token

  LeaseAuthority& authority();
  Store& store() { return disk(); }
  // The same, for what the disk is to do.
  SwitchableStore& disk();
  // A path in the server's folder.
  std::string File(const std::string& name) const;
  // Shuts down and starts again on the same folder.
  void Restart();

 private:
  class Impl;
  void Start();

  JwtVerifier* const verifier_;
  const absl::Duration stalled_max_;
  std::string folder_;
  std::unique_ptr<Impl> impl_;
};

// The `reason` of a call's ErrorInfo, "" for OK, "?" where there is none.
std::string ReasonOfCall(const grpc::Status& status);

// What a unary call came to.
template <typename Response>
struct Answer {
  grpc::Status status;
  Response response;
  std::string reason() const { return ReasonOfCall(status); }
};

// Ask(*stub, &v1::SecretService::Stub::GetSecret, request). `token` goes into the authorization
// header where it is not empty.
template <typename Stub, typename Request, typename Response>
Answer<Response> Ask(Stub& stub,
                     grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                     const Request& request, const std::string& token = "") {
  grpc::ClientContext context;
  if (!token.empty()) {
    context.AddMetadata("authorization", "Bearer " + token);
  }
  Answer<Response> answer;
  answer.status = (stub.*method)(&context, request, &answer.response);
  return answer;
}

}  // namespace leasehold

#endif  // LEASEHOLD_TESTS_UNIT_SERVER_API_API_SERVER_H_
