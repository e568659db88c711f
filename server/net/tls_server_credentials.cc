#include "server/net/tls_server_credentials.h"

#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpcpp/security/server_credentials.h>

#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "server/base/check.h"

namespace leasehold {
namespace {

// gRPC's C++ interface knows certificates that never change, and a watcher of its own that leaves
// the port without any when a key and its certificate change one after the other. The C interface
// asks for each handshake, which is what we want, and C++ has no class around it; so here is one.
class ReloadingCredentials final : public grpc::ServerCredentials {
 public:
  explicit ReloadingCredentials(TlsSource source) : source_(std::move(source)) {
    const bool asks_for_certificates = source_()->clients != nullptr;
    grpc_ssl_server_credentials_options* const options =
        grpc_ssl_server_credentials_create_options_using_config_fetcher(
            asks_for_certificates ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY
                                  : GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE,
            &ReloadingCredentials::Fetch, this);
    credentials_ = grpc_ssl_server_credentials_create_with_options(options);
    LEASEHOLD_CHECK(credentials_ != nullptr);
  }
  ~ReloadingCredentials() override { grpc_server_credentials_release(credentials_); }

  void SetAuthMetadataProcessor(
      const std::shared_ptr<grpc::AuthMetadataProcessor>& /*processor*/) override {
    LEASEHOLD_CHECK(false, "connections over TLS are stamped by their certificate alone");
  }

 private:
  int AddPortToServer(const std::string& address, grpc_server* server) override {
    return grpc_server_add_http2_port(server, address.c_str(), credentials_);
  }

  static grpc_ssl_certificate_config_reload_status Fetch(
      void* self, grpc_ssl_server_certificate_config** config) {
    return static_cast<ReloadingCredentials*>(self)->FetchNext(config);
  }

  grpc_ssl_certificate_config_reload_status FetchNext(grpc_ssl_server_certificate_config** config) {
    std::shared_ptr<const TlsMaterial> material = source_();
    const absl::MutexLock lock(&mu_);
    if (material == given_) return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_UNCHANGED;
    const grpc_ssl_pem_key_cert_pair pair = {.private_key = material->key.c_str(),
                                             .cert_chain = material->certificate_chain.c_str()};
    // The authorities only tell clients which of their certificates to show.
    const char* const authorities =
        material->client_ca.empty() ? nullptr : material->client_ca.c_str();
    *config = grpc_ssl_server_certificate_config_create(authorities, &pair, 1);
    given_ = std::move(material);
    return GRPC_SSL_CERTIFICATE_CONFIG_RELOAD_NEW;
  }

  const TlsSource source_;
  grpc_server_credentials* credentials_ = nullptr;
  absl::Mutex mu_;
  std::shared_ptr<const TlsMaterial> given_ ABSL_GUARDED_BY(mu_);
};

}  // namespace

std::shared_ptr<grpc::ServerCredentials> MakeTlsServerCredentials(TlsSource source) {
  return std::make_shared<ReloadingCredentials>(std::move(source));
}

}  // namespace leasehold
