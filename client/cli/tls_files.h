#ifndef LEASEHOLD_CLIENT_CLI_TLS_FILES_H_
#define LEASEHOLD_CLIENT_CLI_TLS_FILES_H_

#include <string>

#include "absl/status/statusor.h"
#include "client/cli/arguments/parser.h"

namespace leasehold {

// What TLS to a server at host:port needs, as PEM. Empty = no TLS.
struct ClientTls {
  std::string ca;           // authorities of the server's certificate
  std::string certificate;  // the caller's own, with its intermediates; may be empty
  std::string key;          // of that certificate
  bool enabled() const { return !ca.empty(); }
};

// From --tls-ca, --tls-cert and --tls-key, else LEASEHOLD_TLS_CA, LEASEHOLD_TLS_CERT and
// LEASEHOLD_TLS_KEY. A usage error where one of a pair is missing, an error where a file cannot be
// read.
absl::StatusOr<ClientTls> ReadClientTls(const Arguments& arguments);

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_TLS_FILES_H_
