#ifndef LEASEHOLD_SERVER_NET_TLS_SERVER_CREDENTIALS_H_
#define LEASEHOLD_SERVER_NET_TLS_SERVER_CREDENTIALS_H_

#include <functional>
#include <memory>

#include "server/net/tls/tls_files.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace leasehold {

// Gives what the next handshake uses. Called on gRPC's threads, for each connection; must not
// block. The same pointer as before means that nothing changed.
using TlsSource = std::function<std::shared_ptr<const TlsMaterial>()>;

// Credentials of a port that speaks TLS 1.3, and 1.2 with AEAD ciphers and forward secrecy only
// (what OpenSSL and gRPC call ECDHE with GCM or ChaCha20-Poly1305). A client may show a
// certificate, where there is a client_ca; TLS proves that it has the key, and *nothing else*:
// whether the certificate is worth anything is decided per call, by who looks at
// ConnectionInfo::certificate. So a list or bundle that changes holds for open connections too, and
// who is refused reads why. A certificate that the source gives anew is seen by the next handshake;
// open connections go on.
std::shared_ptr<grpc::ServerCredentials> MakeTlsServerCredentials(TlsSource source);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_TLS_SERVER_CREDENTIALS_H_
