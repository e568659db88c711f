#include "tests/support/api_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "server/base/check.h"

namespace leasehold {
namespace {

constexpr std::chrono::seconds kDeadline(60);

std::string Flatten(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!buffer.Dump(&slices).ok()) return bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

std::string ReasonIn(const std::string& details) {
  google::rpc::Status status;
  google::rpc::ErrorInfo info;
  if (!status.ParseFromString(details)) return "";
  for (const auto& detail : status.details()) {
    if (detail.UnpackTo(&info)) return info.reason();
  }
  return "";
}

// One call under way; deletes itself when it is over.
struct Pending {
  grpc::ClientContext context;
  grpc::ByteBuffer request;
  grpc::ByteBuffer response;
};

std::shared_ptr<grpc::Channel> OpenChannel(
    const std::string& address, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  // Its own connection, so that a restarted server is not waited for as one that is down.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetMaxReceiveMessageSize(64 << 20);
  return grpc::CreateCustomChannel(address, credentials, arguments);
}

}  // namespace

class ApiClient::Connection {
 public:
  Connection(const std::string& address,
             const std::shared_ptr<grpc::ChannelCredentials>& credentials)
      : stub(OpenChannel(address, credentials)) {}
  grpc::GenericStub stub;
};

ApiClient::ApiClient(const std::string& address, std::string token)
    : ApiClient(std::make_shared<Connection>(address, grpc::InsecureChannelCredentials()),
                std::move(token)) {}
ApiClient::ApiClient(const std::string& address, std::string token, const ClientTlsPem& tls)
    : ApiClient(std::make_shared<Connection>(
                    address, grpc::SslCredentials({.pem_root_certs = tls.ca,
                                                   .pem_private_key = tls.key,
                                                   .pem_cert_chain = tls.certificate})),
                std::move(token)) {}
ApiClient::ApiClient(std::shared_ptr<Connection> connection, std::string token)
    : connection_(std::move(connection)), token_(std::move(token)) {}
ApiClient::~ApiClient() = default;
ApiClient::ApiClient(ApiClient&&) noexcept = default;

ApiClient ApiClient::WithToken(std::string token) const {
  return ApiClient(connection_, std::move(token));
}

void ApiClient::Start(std::string_view method, const google::protobuf::MessageLite& message,
                      Done done) const {
  auto* pending = new Pending;
  pending->context.set_deadline(std::chrono::system_clock::now() + kDeadline);
  if (!token_.empty()) pending->context.AddMetadata("authorization", "Bearer " + token_);
  const grpc::Slice bytes(message.SerializeAsString());
  pending->request = grpc::ByteBuffer(&bytes, 1);
  connection_->stub.UnaryCall(
      &pending->context, "/leasehold.v1." + std::string(method), grpc::StubOptions(),
      &pending->request, &pending->response,
      [pending, done = std::move(done)](const grpc::Status& status) {
        CallStatus result{static_cast<int>(status.error_code()), status.error_message(),
                          status.error_details(), ReasonIn(status.error_details())};
        std::string response = status.ok() ? Flatten(pending->response) : "";
        delete pending;
        done(std::move(result), std::move(response));
      });
}

CallStatus ApiClient::CallInto(std::string_view method,
                               const google::protobuf::MessageLite& request,
                               google::protobuf::MessageLite* response) const {
  // Shared: whoever waits may go before the one who notifies has let go.
  struct Outcome {
    absl::Notification done;
    CallStatus status;
    std::string bytes;
  };
  auto outcome = std::make_shared<Outcome>();
  Start(method, request, [outcome](CallStatus status, std::string bytes) {
    outcome->status = std::move(status);
    outcome->bytes = std::move(bytes);
    outcome->done.Notify();
  });
  outcome->done.WaitForNotification();
  LEASEHOLD_CHECK(response->ParseFromString(outcome->bytes));
  return outcome->status;
}

}  // namespace leasehold
