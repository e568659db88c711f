#ifndef LEASEHOLD_SERVER_BASE_PRINCIPAL_H_
#define LEASEHOLD_SERVER_BASE_PRINCIPAL_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "server/base/ids.h"

namespace leasehold {

// What a caller may do; the numbers of leasehold.v1.Role.
enum class Role { kNone = 0, kAdmin = 1, kSecurity = 2, kAuditor = 3, kAgent = 4, kAdapter = 5 };

// How a caller proved who it is; the numbers of the ledger's AuthMethod.
enum class AuthMethod {
  kServer = 0,
  kPeerCredentials = 1,
  kAgentToken = 2,
  kMtls = 3,
  kJwt = 4,
  kOperatorSession = 5,
  kHandle = 6,
  kOffline = 7,
};

// Who is calling, as established by the identity layer. A Principal without a role may do nothing.
struct Principal {
  Role role = Role::kNone;
  AuthMethod method = AuthMethod::kServer;
  // "agents/triage-bot", "operator:uid=0", "adapter:uid=33", "server".
  std::string name;
  EntityUid agent;          // of agents
  CredentialId credential;  // where one was presented
  // Where the call came from: "127.0.0.1", "::1", "unix". Never a port: it would make every call
  // a text of its own.
  std::string address;
  std::optional<absl::Time> expire_time;  // of the credential
  // The person on whose behalf the caller acts, "corp:mia". Only from a verified token, never from
  // a field of a request.
  std::string user;
  // Names of groups that a verified token claims; those that do not exist count for nothing.
  std::vector<std::string> claimed_groups;
  // SHA-256 of the client certificate that the connection was made with, 32 bytes, or empty.
  std::string proof;
  // "uid=1000" where a Unix socket proves one, whatever the credential is.
  std::string os_user;

  // The server acting by itself.
  static Principal Server() {
    return {
        .role = Role::kAdmin, .method = AuthMethod::kServer, .name = "server", .address = "local"};
  }
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_BASE_PRINCIPAL_H_
