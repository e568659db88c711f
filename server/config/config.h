#ifndef LEASEHOLD_SERVER_CONFIG_CONFIG_H_
#define LEASEHOLD_SERVER_CONFIG_CONFIG_H_

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/identity/certificates/certificate_rules.h"
#include "server/identity/jwt/jwt_issuer.h"
#include "server/logging/log.h"
#include "server/net/socket/connection_limits.h"
#include "server/net/socket/socket_address.h"
#include "server/net/tls/tls_files.h"
#include "server/policy/compiled_target.h"

namespace leasehold {

// How this server runs, checked as far as it can be without touching store, keys or network. Made
// by LoadConfig, constant afterwards.
struct Config {
  std::string data_dir;  // absolute; need not exist yet

  SocketAddress listen = SocketAddress::LoopbackV4(8640);          // gRPC; loopback without TLS
  SocketAddress broker_listen = SocketAddress::LoopbackV4(8642);   // loopback
  SocketAddress metrics_listen = SocketAddress::LoopbackV4(8643);  // any address

  // Of the gRPC port; not enabled = plain, then the port is on loopback.
  TlsFiles tls;
  // Who client certificates are.
  CertificateRules certificate_rules;

  // Absolute path of the systemd credential that is the root key; empty: root.key in the data
  // folder.
  std::string root_key_credential;

  // Absolute paths. The admin and the revoke socket always lie in the data folder.
  std::string admin_socket;
  std::string revoke_socket;
  std::string agent_socket;
  std::string adapter_socket;
  // OS user (name or number) -> name of the agent that it is.
  std::map<std::string, std::string> agent_socket_users;
  // OS users that may connect to the adapter socket beside root and the server's own.
  std::vector<std::string> adapter_socket_users;

  // Whose JSON Web Tokens count, and how long the sessions last that people get for one.
  std::vector<JwtIssuer> jwt_issuers;
  absl::Duration session_ttl = absl::Hours(8);

  // From where handles are accepted.
  std::vector<Cidr> broker_client_networks;

  ConnectionLimits grpc_limits = kTcpLimits;
  ConnectionLimits agent_limits = kAgentLimits;
  ConnectionLimits broker_limits = {.total = 1024, .per_peer = 768};
  size_t grpc_memory_bytes = kGrpcMemoryBytes;

  LogOptions log;

  // Revoke everything before serving, for this reason. From the command line only: in a file it
  // would do so at every restart.
  std::optional<std::string> revoke_all_at_start;
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_CONFIG_CONFIG_H_
