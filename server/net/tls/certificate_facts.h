#ifndef LEASEHOLD_SERVER_NET_TLS_CERTIFICATE_FACTS_H_
#define LEASEHOLD_SERVER_NET_TLS_CERTIFICATE_FACTS_H_

#include <openssl/x509.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/base/crypto_bytes.h"

namespace leasehold {

// What a certificate says about its holder. Nothing of it is proved by itself: see ClientTrust.
struct CertificateFacts {
  Hash fingerprint{};   // SHA-256 of the whole certificate (DER)
  std::string subject;  // RFC 2253: "CN=mia,OU=Security,O=Example"; empty where there is none
  std::string serial;   // hexadecimal, lower case
  std::vector<std::string> uris;       // subject alternative names of type URI, in order
  std::vector<std::string> dns_names;  // of type DNS, in order, lower case
  absl::Time not_before;
  absl::Time not_after;
};

// CERTIFICATE_REJECTED where names hold what is no text (a NUL byte, control characters, more than
// 1,024 bytes) or an extension or a time cannot be read: what two readers could read differently
// names nobody.
absl::StatusOr<CertificateFacts> FactsOf(X509* certificate);

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_TLS_CERTIFICATE_FACTS_H_
