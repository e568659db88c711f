#ifndef LEASEHOLD_SERVER_NET_CONNECTION_INFO_H_
#define LEASEHOLD_SERVER_NET_CONNECTION_INFO_H_

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace grpc {
class AuthContext;
class ServerCredentials;
}  // namespace grpc

namespace leasehold {

// Which way a connection came in.
enum class ConnectionClass {
  kTcp,      // the gRPC port; whoever calls has to present a credential
  kAdmin,    // admin.sock
  kAgent,    // agent.sock
  kAdapter,  // adapter.sock
  kRevoke,   // revoke.sock
};

// "tcp", "admin", "agent", "adapter", "revoke".
std::string_view ConnectionClassName(ConnectionClass cls);

// What is known about a caller from its connection alone, before it says anything.
struct ConnectionInfo {
  ConnectionClass cls = ConnectionClass::kTcp;
  // The peer's user, as the kernel knew it when it connected: always there for admin, adapter and
  // revoke; for an agent's socket only where it confers an agent.
  std::optional<uid_t> uid;
  // The agent that this OS user is (its name without "agents/"), by configuration; else empty, and
  // the caller needs a token as it would over TCP.
  std::string agent;
  // The certificate that the client showed over TLS (PEM), and what it sent to connect it with an
  // authority. That it has the key is proved, and nothing else. Empty without one; they live as
  // long as the connection's context.
  std::string_view certificate;
  std::string_view certificate_chain;

  bool operator==(const ConnectionInfo&) const = default;
};

// Of the call whose ServerContext::auth_context() this is. A TCP connection has nothing stamped on
// it but its certificate, and nothing that a client sends can change that: stamps are made from the
// accepting socket. Safe from any thread.
ConnectionInfo ConnectionOf(const grpc::AuthContext& context);

// Credentials for a Unix socket whose connections are all `info`. `info.cls` is not kTcp.
std::shared_ptr<grpc::ServerCredentials> UnixSocketCredentials(const ConnectionInfo& info);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_CONNECTION_INFO_H_
