#ifndef LEASEHOLD_SERVER_IDENTITY_CLIENT_CERTIFICATES_H_
#define LEASEHOLD_SERVER_IDENTITY_CLIENT_CERTIFICATES_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "server/identity/certificates/certificate_rules.h"
#include "server/net/tls/tls_files.h"

namespace leasehold {

// What a client certificate is worth: verified against the bundle and the lists of now, and who the
// rules say that is. Keeps what it found, so that a call over a connection that is known costs a
// look-up; a changed bundle or list, and a minute, make it look again. Safe from any thread.
class ClientCertificates {
 public:
  struct Known {
    CertificateFacts facts;
    std::optional<CertificateIdentity> identity;  // nullopt where no rule is about it
  };

  // `source` gives the files' content of now; it must not block.
  ClientCertificates(std::function<std::shared_ptr<const TlsMaterial>()> source,
                     CertificateRules rules)
      : source_(std::move(source)), rules_(std::move(rules)) {}

  // `certificate` and `chain` as the connection has them (PEM). Errors as ClientTrust::Verify and
  // CertificateRules::Identify.
  absl::StatusOr<std::shared_ptr<const Known>> Look(std::string_view certificate,
                                                    std::string_view chain, absl::Time now);

 private:
  struct Found {
    std::shared_ptr<const Known> known;
    std::shared_ptr<const TlsMaterial> by;  // verified with these files
    absl::Time at;
    // What came with it. A resumed session of TLS has the certificate alone.
    std::string chain;
  };

  const std::function<std::shared_ptr<const TlsMaterial>()> source_;
  const CertificateRules rules_;
  absl::Mutex mu_;
  // By the certificate's text. The chain is no part of the key: it only helps to find the way to
  // an authority, and a certificate for which there is one stays good.
  absl::flat_hash_map<std::string, Found> found_ ABSL_GUARDED_BY(mu_);
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_IDENTITY_CLIENT_CERTIFICATES_H_
