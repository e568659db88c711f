#ifndef LEASEHOLD_SERVER_NET_GRPC_FRONT_DOOR_H_
#define LEASEHOLD_SERVER_NET_GRPC_FRONT_DOOR_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/net/connection_info.h"
#include "server/net/socket/connection_limits.h"
#include "server/net/socket/socket_address.h"
#include "server/net/tls_server_credentials.h"

namespace grpc {
class ServerBuilder;
}  // namespace grpc

namespace leasehold {

// Which ways in there are; an empty path or no address means none.
struct FrontDoorOptions {
  std::string thread_name;           // of the accepting thread, at most 15 bytes
  std::optional<SocketAddress> tcp;  // without tls the configuration keeps it on loopback
  TlsSource tls;                     // of the TCP port; null = plain
  std::string admin_socket;          // 0600; only the server's own user and root
  std::string agent_socket;          // 0666; anybody, most of them need a token
  std::string adapter_socket;        // 0660; the server's user, root and adapter_users
  // OS user (name or number) -> the agent it is. Neither root nor the server's user.
  std::map<std::string, std::string> agent_users;
  std::vector<std::string> adapter_users;
  ConnectionLimits tcp_limits = kTcpLimits;
  ConnectionLimits agent_limits = kAgentLimits;
};

// The listeners of one grpc::Server. gRPC 1.51 neither shows who is at the other end of a Unix
// socket nor limits connections, so we accept, look at SO_PEERCRED, and hand over; the handler
// learns from ConnectionOf(*context->auth_context()) which way its caller came in.
//
//   ASSIGN_OR_RETURN(auto door, GrpcFrontDoor::Listen(options));  // takes the addresses
//   door->AddTo(builder);                                         // once, before BuildAndStart
//   auto server = builder.BuildAndStart();
//   RETURN_IF_ERROR(door->Start());                               // from here on it serves
//   ...
//   door->Stop();                                                 // before the server's Shutdown
//   server->Shutdown();
//
// Clients that connect between Listen() and Start() wait. Each server has a door, and each door one
// thread. Methods are called by one thread.
class GrpcFrontDoor {
 public:
  // ADDRESS_IN_USE, CONFIG_INVALID (also for unknown users) or IO, and nothing listens then.
  static absl::StatusOr<std::unique_ptr<GrpcFrontDoor>> Listen(const FrontDoorOptions& options);
  ~GrpcFrontDoor();

  void AddTo(grpc::ServerBuilder& builder);
  absl::Status Start();
  // The TCP address with its real port, or "" without one.
  std::string tcp_address() const;
  // No connection is accepted or handed over afterwards; the sockets' files are gone. Connections
  // that gRPC has stay with it.
  void Stop();

 private:
  class Impl;
  explicit GrpcFrontDoor(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_GRPC_FRONT_DOOR_H_
