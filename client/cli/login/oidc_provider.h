#ifndef LEASEHOLD_CLIENT_CLI_LOGIN_OIDC_PROVIDER_H_
#define LEASEHOLD_CLIENT_CLI_LOGIN_OIDC_PROVIDER_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace leasehold {

// Which client we are, and at which provider.
struct OidcClient {
  std::string issuer;  // https
  std::string client_id;
  std::vector<std::string> scopes;
  std::string ca_pem;  // certificates to trust for it; empty = the system's
};

// A device grant that waits for the person (RFC 8628).
struct DeviceGrant {
  std::string device_code;
  std::string user_code;
  std::string verification_uri;
  std::string verification_uri_complete;  // may be empty
  absl::Duration interval;
  absl::Time deadline;
};

// An OpenID Connect provider as its discovery document describes it. Only https, no redirects. The
// ID tokens that it gives are checked by our server, not here.
class OidcProvider {
 public:
  // Errors say what is wrong with the provider or the way to it.
  static absl::StatusOr<OidcProvider> Discover(OidcClient client);

  const std::string& issuer() const { return client_.issuer; }

  // Where the person's browser has to go; `verifier` is PKCE's secret (RFC 7636), of which only the
  // SHA-256 is in the URL.
  struct Authorization {
    std::string redirect_uri;
    std::string state;
    std::string nonce;
    std::string verifier;
  };
  std::string AuthorizationUrl(const Authorization& authorization) const;
  // The ID token for the code that came back.
  absl::StatusOr<std::string> Redeem(const Authorization& authorization,
                                     const std::string& code) const;

  absl::StatusOr<DeviceGrant> StartDevice() const;
  // The ID token; nullopt while the person has not decided. Makes `grant.interval` longer where the
  // provider asks for it.
  absl::StatusOr<std::optional<std::string>> PollDevice(DeviceGrant& grant) const;

 private:
  using Fields = std::vector<std::pair<std::string, std::string>>;

  explicit OidcProvider(OidcClient client) : client_(std::move(client)) {}
  std::string Scope() const;

  OidcClient client_;
  std::string authorization_endpoint_;
  std::string token_endpoint_;
  std::string device_endpoint_;  // empty where there is none
};

// 256 random bits in base64url: state, nonce, PKCE's verifier.
std::string LoginSecret();

}  // namespace leasehold

#endif  // LEASEHOLD_CLIENT_CLI_LOGIN_OIDC_PROVIDER_H_
