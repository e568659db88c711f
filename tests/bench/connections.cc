#include "tests/bench/connections.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

namespace leasehold {

std::shared_ptr<grpc::Channel> OpenConnection(const std::string& address) {
  grpc::ChannelArguments arguments;
  // Channels to one address otherwise share one connection.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

Connections::Connections(const std::string& address) {
  for (int i = 0; i < kCount; ++i) {
    const std::shared_ptr<grpc::Channel> channel = OpenConnection(address);
    uses_.push_back(v1::UseService::NewStub(channel));
    leases_.push_back(v1::LeaseService::NewStub(channel));
  }
}

}  // namespace leasehold
