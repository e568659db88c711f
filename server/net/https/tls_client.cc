#include "server/net/https/tls_client.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <iterator>

#include "server/base/status.h"

namespace leasehold {
namespace {

absl::Status Failed(std::string_view what) { return Error(Reason::kTargetUnreachable, what); }

absl::Status TrustPem(SSL_CTX* context, std::string_view pem) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free);
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  int count = 0;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
    if (X509_STORE_add_cert(store, certificate) == 1) ++count;
    X509_free(certificate);
  }
  ERR_clear_error();
  if (count == 0) return Failed("there is no certificate in its ca_pem");
  return absl::OkStatus();
}

// RFC 7301's form: each protocol with its length in front.
constexpr unsigned char kAlpn[] = {8, 'h', 't', 't', 'p', '/', '1', '.', '1'};

}  // namespace

void SslDeleter::operator()(SSL* ssl) const { SSL_free(ssl); }
void SslContextDeleter::operator()(SSL_CTX* context) const { SSL_CTX_free(context); }

absl::StatusOr<SslContextPtr> MakeTlsClientContext(std::string_view ca_pem) {
  SslContextPtr context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Failed("TLS cannot be set up");
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1 ||
      SSL_CTX_set_alpn_protos(context.get(), kAlpn, std::size(kAlpn)) != 0) {
    return Failed("TLS cannot be set up");
  }
  // Buffers of idle connections are given back, so that what was in them does not stay either.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS);
  if (!ca_pem.empty()) {
    RETURN_IF_ERROR(TrustPem(context.get(), ca_pem));
  } else if (SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return Failed("the system's trusted certificates cannot be read");
  }
  return context;
}

absl::StatusOr<SslPtr> MakeTlsClient(SSL_CTX* context, const std::string& host) {
  SslPtr ssl(SSL_new(context));
  if (ssl == nullptr) return Failed("TLS cannot be set up");
  X509_VERIFY_PARAM* checks = SSL_get0_param(ssl.get());
  X509_VERIFY_PARAM_set_hostflags(checks, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // An address is looked for among the certificate's addresses and never sent as a name.
  if (X509_VERIFY_PARAM_set1_ip_asc(checks, host.c_str()) == 1) return ssl;
  ERR_clear_error();
  if (X509_VERIFY_PARAM_set1_host(checks, host.data(), host.size()) != 1 ||
      SSL_set_tlsext_host_name(ssl.get(), host.c_str()) != 1) {
    return Failed("its host name cannot be checked by TLS");
  }
  return ssl;
}

}  // namespace leasehold
