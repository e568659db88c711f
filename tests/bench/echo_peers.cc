#include <grpcpp/grpcpp.h>

#include <memory>

#include "leasehold/v1/use.grpc.pb.h"
#include "tests/bench/peers.h"

namespace leasehold {
namespace {

// As many calls as leaseholdd waits for at once.
constexpr int kCallsAwaited = 512;

// An answer as long as that of leaseholdd.
void Echo(const v1::AuthorizeUseRequest& request, v1::AuthorizeUseResponse* response) {
  response->set_allowed(true);
  response->set_policy(request.target());
  response->set_rule("allow[0]");
  response->set_policy_revision(1);
  response->set_entry(request.token().size());
}

class CallbackEcho final : public v1::UseService::CallbackService {
  grpc::ServerUnaryReactor* AuthorizeUse(grpc::CallbackServerContext* context,
                                         const v1::AuthorizeUseRequest* request,
                                         v1::AuthorizeUseResponse* response) override {
    Echo(*request, response);
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

// One call of the completion-queue echo, from waiting for it to its end; frees itself.
class EchoCall {
 public:
  static void Await(v1::UseService::AsyncService* service, grpc::ServerCompletionQueue* queue) {
    auto* call = new EchoCall(service, queue);
    service->RequestAuthorizeUse(&call->context_, &call->request_, &call->writer_, queue, queue,
                                 call);
  }

  void Proceed(bool ok) {
    if (answered_ || !ok) {
      delete this;
      return;
    }
    Await(service_, queue_);
    answered_ = true;
    v1::AuthorizeUseResponse response;
    Echo(request_, &response);
    writer_.Finish(response, grpc::Status::OK, this);
  }

 private:
  EchoCall(v1::UseService::AsyncService* service, grpc::ServerCompletionQueue* queue)
      : service_(service), queue_(queue), writer_(&context_) {}

  v1::UseService::AsyncService* const service_;
  grpc::ServerCompletionQueue* const queue_;
  grpc::ServerContext context_;
  v1::AuthorizeUseRequest request_;
  grpc::ServerAsyncResponseWriter<v1::AuthorizeUseResponse> writer_;
  bool answered_ = false;
};

std::unique_ptr<grpc::Server> Serve(grpc::ServerBuilder& builder, grpc::Service* service) {
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(service);
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server != nullptr) AnnouncePort(port);
  return server;
}

}  // namespace

int RunEcho() {
  CallbackEcho service;
  grpc::ServerBuilder builder;
  const std::unique_ptr<grpc::Server> server = Serve(builder, &service);
  if (server == nullptr) return 1;
  server->Wait();
  return 0;
}

int RunEchoCq() {
  v1::UseService::AsyncService service;
  grpc::ServerBuilder builder;
  const std::unique_ptr<grpc::ServerCompletionQueue> queue = builder.AddCompletionQueue();
  const std::unique_ptr<grpc::Server> server = Serve(builder, &service);
  if (server == nullptr) return 1;
  for (int i = 0; i < kCallsAwaited; ++i) EchoCall::Await(&service, queue.get());
  void* tag = nullptr;
  bool ok = false;
  while (queue->Next(&tag, &ok)) static_cast<EchoCall*>(tag)->Proceed(ok);
  return 0;
}

}  // namespace leasehold
