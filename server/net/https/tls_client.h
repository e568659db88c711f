#ifndef LEASEHOLD_SERVER_NET_HTTPS_TLS_CLIENT_H_
#define LEASEHOLD_SERVER_NET_HTTPS_TLS_CLIENT_H_

#include <openssl/types.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace leasehold {

struct SslDeleter {
  void operator()(SSL* ssl) const;
};
using SslPtr = std::unique_ptr<SSL, SslDeleter>;

struct SslContextDeleter {
  void operator()(SSL_CTX* context) const;
};
using SslContextPtr = std::unique_ptr<SSL_CTX, SslContextDeleter>;

// How we are a TLS client, the broker and whoever fetches: TLS 1.2 or later, HTTP/1.1 in it, the
// peer's certificate always verified.

// Trusts the certificates in `ca_pem`, or the system's where it is empty. TARGET_UNREACHABLE where
// there is no certificate in it.
absl::StatusOr<SslContextPtr> MakeTlsClientContext(std::string_view ca_pem);

// A connection to `host`, a name or an IP address, for which the certificate must be.
absl::StatusOr<SslPtr> MakeTlsClient(SSL_CTX* context, const std::string& host);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_HTTPS_TLS_CLIENT_H_
