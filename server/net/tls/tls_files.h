#ifndef LEASEHOLD_SERVER_NET_TLS_TLS_FILES_H_
#define LEASEHOLD_SERVER_NET_TLS_TLS_FILES_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/net/tls/client_trust.h"

namespace leasehold {

// Debian's whole bundle has about 220 KiB; a revocation list of 20,000 certificates about 1 MiB.
inline constexpr size_t kTlsFileBytesMax = size_t{4} << 20;

// The files that TLS on a listener needs; absolute paths.
struct TlsFiles {
  std::string certificate;  // PEM: the server's certificate, then its intermediates
  std::string key;          // PEM: its private key, not encrypted; nobody but the owner reads it
  // PEM: authorities of client certificates; empty = no client certificate is asked for.
  std::string client_ca;
  // PEM: revocation lists of these authorities; none = no certificate is looked up.
  std::vector<std::string> crls;

  bool enabled() const { return !certificate.empty(); }
  bool operator==(const TlsFiles&) const = default;
};

// What the files held together at one moment. Constant, safe from any thread.
struct TlsMaterial {
  ~TlsMaterial();  // wipes the key

  std::string certificate_chain;               // PEM
  std::string key;                             // PEM
  std::string client_ca;                       // PEM, or empty
  absl::Time expire_time;                      // of the server's certificate
  std::unique_ptr<const ClientTrust> clients;  // null without client_ca
};

// Reads and checks all of them: the key belongs to the certificate, which is not over; bundle and
// lists can be read; the key's file belongs to this process's user or root, and others can neither
// read nor write it. CONFIG_INVALID or IO with one sentence that names the file.
absl::StatusOr<std::shared_ptr<const TlsMaterial>> LoadTlsFiles(const TlsFiles& files,
                                                                absl::Time now);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_TLS_TLS_FILES_H_
