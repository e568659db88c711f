#include "client/cli/connection.h"

#include "grpcpp/create_channel.h"
#include "grpcpp/security/credentials.h"
#include "grpcpp/support/channel_arguments.h"
#include "server/base/str_cat.h"

namespace leasehold {
namespace {

// A policy set of 10,000 policies is larger than gRPC's default of 4 MiB.
constexpr int kMessageBytesMax = 64 << 20;

std::shared_ptr<grpc::ChannelCredentials> CredentialsFor(const std::string& address,
                                                         const ClientTls& tls) {
  if (!tls.enabled() || address.starts_with("unix:")) return grpc::InsecureChannelCredentials();
  return grpc::SslCredentials(
      {.pem_root_certs = tls.ca, .pem_private_key = tls.key, .pem_cert_chain = tls.certificate});
}

std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address, const ClientTls& tls) {
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(kMessageBytesMax);
  // A proxy from the environment must never see a token that is meant for this machine.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  return grpc::CreateCustomChannel(address, CredentialsFor(address, tls), arguments);
}

}  // namespace

Connection::Connection(std::string address, std::string token, const ClientTls& tls)
    : address_(std::move(address)),
      token_(std::move(token)),
      channel_(OpenChannel(address_, tls)) {}

void Connection::Prepare(grpc::ClientContext* context, absl::Duration deadline) const {
  if (deadline != absl::InfiniteDuration()) {
    context->set_deadline(absl::ToChronoTime(absl::Now() + deadline));
  }
  if (!token_.empty()) context->AddMetadata("authorization", StrCat("Bearer ", token_));
}

}  // namespace leasehold
