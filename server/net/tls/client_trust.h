#ifndef LEASEHOLD_SERVER_NET_TLS_CLIENT_TRUST_H_
#define LEASEHOLD_SERVER_NET_TLS_CLIENT_TRUST_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/net/tls/certificate_facts.h"

namespace leasehold {

// Who is trusted to issue client certificates, and which of those were revoked. Constant after
// construction, safe from any thread.
class ClientTrust {
 public:
  // A file with its name, for the errors.
  struct PemFile {
    std::string name;
    std::string text;
  };

  // `bundle` holds the certificates of the authorities, `crls` their revocation lists, PEM; each
  // list has to be signed by an authority of the bundle or, at a check, by one of the presented
  // chain. CONFIG_INVALID says which file is wrong.
  static absl::StatusOr<std::unique_ptr<const ClientTrust>> Make(const PemFile& bundle,
                                                                 const std::vector<PemFile>& crls);
  ~ClientTrust();
  ClientTrust(const ClientTrust&) = delete;
  ClientTrust& operator=(const ClientTrust&) = delete;

  // Checks a client's certificate (PEM) at `now`; `chain` are the certificates it sent with it.
  // The chain has to end at an authority of the bundle, every certificate in it has to be in time,
  // the client's has to be no authority and to have the purpose clientAuth, and keys and hashes
  // have to be of at least 112 bits. With revocation lists every authority of the chain needs one
  // that is in time, and none of the chain may be on it: a list that is missing or over refuses.
  // CREDENTIAL_EXPIRED, CREDENTIAL_REVOKED or CERTIFICATE_REJECTED, each with one sentence.
  absl::StatusOr<CertificateFacts> Verify(std::string_view certificate, std::string_view chain,
                                          absl::Time now) const;

  // When the first of the authorities' certificates is over.
  absl::Time bundle_expire_time() const { return bundle_expire_time_; }
  // When the first list is over; InfiniteFuture without lists, or where none says so.
  absl::Time crl_expire_time() const { return crl_expire_time_; }

 private:
  struct Store;
  explicit ClientTrust(std::unique_ptr<Store> store);

  std::unique_ptr<Store> store_;
  absl::Time bundle_expire_time_ = absl::InfiniteFuture();
  absl::Time crl_expire_time_ = absl::InfiniteFuture();
};

}  // namespace leasehold

#endif  // LEASEHOLD_SERVER_NET_TLS_CLIENT_TRUST_H_
