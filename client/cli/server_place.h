#ifndef LEASEHOLD_CLIENT_CLI_SERVER_PLACE_H_
#define LEASEHOLD_CLIENT_CLI_SERVER_PLACE_H_

#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace leasehold {

// A variable of the environment; one that is empty counts as not set.
std::optional<std::string> Environment(const char* name);

// The data folder of the server on this machine: `flag` where given, else LEASEHOLD_DATA_DIR, else
// /var/lib/leasehold for root and $XDG_DATA_HOME/leasehold (~/.local/share/leasehold) for others.
std::string DataFolder(const std::optional<std::string>& flag);

// OK where `folder` is there, also where this caller may not look; else an error that names it,
// with the exit status of a server that does not answer.
absl::Status CheckDataFolder(const std::string& folder);

// What `{data-dir}/endpoints.json` says while a server runs there; empty fields where it does not
// say. Nullopt where there is no such file or it cannot be read.
struct LocalEndpoints {
  std::string grpc;
  std::string broker;
  std::string metrics;
  uint64_t pid = 0;
};
std::optional<LocalEndpoints> ReadEndpoints(const std::string& data_folder);

// The token that this caller has: LEASEHOLD_TOKEN, else the first line of LEASEHOLD_TOKEN_FILE;
// empty where neither is set. An agent token, or a JSON Web Token of an issuer that the server
// trusts. An error where the file cannot be read or holds none.
absl::StatusOr<std::string> AgentToken();

// What the caller brings along.
struct CallerHas {
  bool token = false;
  bool tls = false;  // the authorities of the server's certificate
};

// Where the server is, as gRPC names it ("unix:/run/x/admin.sock", "127.0.0.1:8640"): `flag`, else
// LEASEHOLD_SERVER, else for agents the port of the server of the data folder (8640 where it does
// not say), for operators its admin socket. An address off this machine is refused without TLS: the
// token would travel in the open.
absl::StatusOr<std::string> ServerAddress(const std::optional<std::string>& flag,
                                          const std::string& data_folder, CallerHas has);

// The revocation listener that belongs to an admin socket: `revoke.sock` beside it, where it
// exists. Otherwise `address` itself.
std::string RevocationAddress(const std::string& address);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_SERVER_PLACE_H_
