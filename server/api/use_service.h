#ifndef LEASEHOLD_SERVER_API_USE_SERVICE_H_
#define LEASEHOLD_SERVER_API_USE_SERVICE_H_

#include <memory>

#include "leasehold/v1/use.grpc.pb.h"
#include "server/api/gate.h"
#include "server/api/hot/hot_call.h"
#include "server/api/hot/hot_stream.h"
#include "server/api/read_pool.h"
#include "server/leases/lease_authority.h"

namespace leasehold {

// UseService: AuthorizeUse, BatchAuthorizeUse and StreamAuthorizeUse on the hot thread,
// RevealSecret on a thread of its own. Arguments of tools are parsed on another thread, and the
// uses submitted from there; those of streams are small.
using UseServiceBase =
    v1::UseService::WithAsyncMethod_AuthorizeUse<v1::UseService::WithAsyncMethod_BatchAuthorizeUse<
        v1::UseService::WithAsyncMethod_StreamAuthorizeUse<v1::UseService::Service>>>;

class UseService final : public UseServiceBase {
 public:
  // The arguments must outlive it.
  UseService(LeaseAuthority& authority, const Gate& gate, HotStreams& streams);

  // Waits for `calls` calls of each hot method at once, after the server was started.
  void AwaitCalls(grpc::ServerCompletionQueue* queue, int calls);
  // After the server's Shutdown and before the hot thread's Stop: ends the other thread, once
  // what it was given is submitted.
  void StopParsing() { arguments_.reset(); }

  grpc::Status RevealSecret(grpc::ServerContext* context, const v1::RevealSecretRequest* request,
                            v1::RevealSecretResponse* response) override;

 private:
  using AuthorizeCall = HotCall<v1::AuthorizeUseRequest, v1::AuthorizeUseResponse>;
  using BatchCall = HotCall<v1::BatchAuthorizeUseRequest, v1::BatchAuthorizeUseResponse>;

  using AuthorizeStream = HotStream<v1::StreamAuthorizeUseRequest, v1::StreamAuthorizeUseResponse>;

  std::unique_ptr<Operation> HandleAuthorize(AuthorizeCall* call);
  std::unique_ptr<Operation> HandleBatch(BatchCall* call);
  // What the calls come to; nullptr where they were answered already.
  std::unique_ptr<Operation> AuthorizeOperation(AuthorizeCall* call);
  std::unique_ptr<Operation> BatchOperation(BatchCall* call);
  // Parses and submits on the thread for arguments.
  template <typename Call>
  void SubmitFor(Call* call, std::unique_ptr<Operation> (UseService::*parse)(Call*));
  std::unique_ptr<Operation> HandleStream(AuthorizeStream* stream, uint64_t place,
                                          v1::StreamAuthorizeUseRequest& message);
  // Answers a use of a stream, and ties the stream to the lease that the first one proved.
  void AnswerStream(AuthorizeStream* stream, uint64_t place, const absl::StatusOr<UseReply>& reply);
  absl::StatusOr<v1::RevealSecretResponse> DescribeRevealed(const LeaseAuthority::Revealed& value,
                                                            const std::string& field) const;

  LeaseAuthority& authority_;
  const Gate& gate_;
  AuthorizeCall::Method authorize_;
  BatchCall::Method batch_;
  AuthorizeStream::Method stream_;
  const ApiMethod& reveal_;
  std::unique_ptr<ReadPool> arguments_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_API_USE_SERVICE_H_
